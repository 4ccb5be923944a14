"""A process that compiles one program: ``python -m benchmarks.program_worker '{"target": ...}'``; see `program`."""

from __future__ import annotations

import collections
import json
import math
import pathlib
import re
import sys
import time
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

from benchmarks.hlo import count_kernels
from benchmarks.steps import Step, resized, step_of
from benchmarks.targets import backend_of_target, devices
from benchmarks.tasks.base import MEGABYTE
from dartsx.experiments.settings import parse_config
from dartsx.runtime import collector_paused, jit
from dartsx.runtime.mesh import AXIS

COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
_LIBRARY = re.compile(r'custom_call_target="([^"]+)"')
_COLLECTIVE = re.compile(rf"= (.*?) ({'|'.join(COLLECTIVES)})(?:-start)?\(")
_ARRAY = re.compile(r"\b(pred|[a-z]+\d+[a-z0-9]*)\[([\d,]*)\]")


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Compiles what is asked for; see `program.compiled`."""
    with collector_paused():
        lowered, seconds = lower(step(request), request["target"])
        start = time.perf_counter()
        program = lowered.compile()
        seconds["compile_s"] = round(time.perf_counter() - start, 2)
    text = program.as_text()
    if request["hlo"]:
        pathlib.Path(request["hlo"]).write_text(text, encoding="utf-8")
    kernels = count_kernels(text)
    written = _costs(lowered.compiler_ir(dialect="hlo").get_hlo_module())
    made = _costs(program.runtime_executable().hlo_modules()[0])
    return {
        "ok": True,
        "error": None,
        "kernels": kernels.written,
        "launches": kernels.launched,
        "flops": written.get("flops"),
        "bytes": made.get("bytes accessed"),
        "temporary_mb": program.memory_analysis().temp_size_in_bytes / MEGABYTE,
        **seconds,
        "library_calls": dict(collections.Counter(_LIBRARY.findall(text))),
        "collectives": collectives(text),
        "jax": jax.__version__,
    }


def step(request: dict[str, Any]) -> Step:
    """The step that a request stands for; what its config forbids is refused here."""
    config = parse_config(["program", *request["config"]], "cifar10.py").config
    pixels = request["pixels"]
    if request["size"] != "config":
        with config.unlocked():
            pixels = resized(config, request["what"], request["size"])
    backend = backend_of_target(request["target"])
    chosen = np.array(devices(request["target"], request["mesh"]))
    mesh = Mesh(chosen, (AXIS,), axis_types=(AxisType.Auto,))
    return step_of(config, request["what"], pixels, backend, mesh, request["members"], request["layout"])


def lower(step: Step, target: str) -> tuple[jax.stages.Lowered, dict[str, float]]:
    """The program as StableHLO, and the seconds that tracing and lowering took."""
    program = jit(step.function, backend=backend_of_target(target), donate_argnums=step.donated)
    start = time.perf_counter()
    traced = program.trace(*step.arguments)
    middle = time.perf_counter()
    lowered = traced.lower()
    return lowered, {"trace_s": round(middle - start, 2), "lower_s": round(time.perf_counter() - middle, 2)}


def collectives(text: str) -> dict[str, dict[str, int]]:
    """Collectives of a compiled program by kind: count, and bytes of their results on one device."""
    found: dict[str, dict[str, int]] = {}
    for types, kind in _COLLECTIVE.findall(text):
        entry = found.setdefault(kind, {"count": 0, "bytes": 0})
        entry["count"] += 1
        entry["bytes"] += sum(_bytes(dtype, dims) for dtype, dims in _ARRAY.findall(types))
    return found


def _bytes(dtype: str, dims: str) -> int:
    bits = 8 if dtype == "pred" else int(re.search(r"\d+", dtype)[0])
    return math.prod(int(size) for size in dims.split(",") if size) * bits // 8


def _costs(module: Any) -> dict[str, float]:
    """XLA's own count of an HLO module; it has no public name in JAX for programs of absent devices."""
    from jax._src.lib import xla_client

    return xla_client._xla.hlo_module_cost_analysis(jax.devices("cpu")[0].client, module)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
