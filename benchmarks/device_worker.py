"""A process of `device`: compiles one case, says what it cost, and times it when it is told to."""

from __future__ import annotations

import functools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh

from benchmarks import inner_units
from benchmarks.hlo import count_kernels
from benchmarks.kernel_kinds import by_kind
from benchmarks.sizes import SIZES
from benchmarks.steps import resized, step_of
from benchmarks.tasks.base import MEGABYTE
from dartsx.experiments.settings import parse_config
from dartsx.runtime import collector_paused, jit
from dartsx.runtime.mesh import AXIS

BLOCKS, WARM, BLOCK_SECONDS = 7, 3, 0.6


def prepared(request: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """Compiles a case: what that cost, and the function that times it."""
    config = parse_config(["device", *request["config"]], "cifar10.py").config
    with config.unlocked():
        pixels = resized(config, request["what"], request["size"])
    mesh = Mesh(np.array(jax.devices()[:1]), (AXIS,), axis_types=(AxisType.Auto,))
    backend, started = jax.default_backend(), time.perf_counter()
    step = step_of(config, request["what"], pixels, backend, mesh, layout=request["layout"])
    with collector_paused():
        lowered = jit(step.function, donate_argnums=step.donated).lower(*step.arguments)
        middle = time.perf_counter()
        program = lowered.compile()
    done = time.perf_counter()
    kernels = count_kernels(program.as_text())
    cost = {
        "ok": True,
        "kernels": kernels.written,
        "launches": kernels.launched,
        "temporary_mb": program.memory_analysis().temp_size_in_bytes / MEGABYTE,
        "trace_and_lower_s": round(middle - started, 1),
        "compile_s": round(done - middle, 1),
    }
    return cost, functools.partial(_timed, program, step.arguments, request["profile"])


def _timed(program: Any, arguments: tuple[Any, ...], profile: bool) -> dict[str, Any]:
    state, *batches = (_values(tree) for tree in arguments)
    losses = []

    def run(count: int) -> float:
        nonlocal state
        begun = time.perf_counter()
        for _ in range(count):
            state, metrics = program(state, *batches)
        jax.block_until_ready(state)
        losses.append(np.asarray(metrics["train"]["loss"]))
        return (time.perf_counter() - begun) / count

    run(WARM)
    count = max(1, min(200, int(BLOCK_SECONDS / run(1))))
    blocks = [1e3 * run(count) for _ in range(BLOCKS)]
    found = {**_spread(blocks), "steps_of_a_block": count, "finite": bool(np.isfinite(losses).all())}
    memory = jax.devices()[0].memory_stats() or {}
    if "peak_bytes_in_use" in memory:
        found["peak_mb"] = memory["peak_bytes_in_use"] / MEGABYTE
    if profile:
        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                run(3)
            try:
                found["profile"] = by_kind(folder, steps=3)
            except Exception as error:  # the times are worth more than their profile
                found["profile_error"] = f"{type(error).__name__}: {error}"
    return found


def _spread(blocks: list[float]) -> dict[str, Any]:
    low, median, high = statistics.quantiles(blocks, n=4, method="inclusive")
    return {"step_ms": median, "quartiles_ms": [low, high]}


def _values(tree: Any) -> Any:
    """Numbers for shapes: random weights and images, fresh statistics, optimisers at rest."""
    rng = np.random.default_rng(0)

    def one(path, leaf):
        name = jax.tree_util.keystr(path)
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.split(jax.random.key(0), leaf.shape) if leaf.shape else jax.random.key(0)
        if "opt" in name or not jnp.issubdtype(leaf.dtype, jnp.inexact):
            return jnp.zeros(leaf.shape, leaf.dtype)
        if "var" in name or "scale" in name:
            return jnp.ones(leaf.shape, leaf.dtype)
        width = 1.0 if "images" in name else 0.1
        return jnp.asarray(width * rng.standard_normal(leaf.shape, np.float32), leaf.dtype)

    return jax.tree_util.tree_map_with_path(one, tree)


def pytorch(request: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """The same search step in PyTorch, in both layouts."""
    import dataclasses

    from benchmarks.tasks.pytorch import start

    def timed() -> dict[str, Any]:
        forms = {}
        for dtype, layout in (("bfloat16", "channels_last"), ("float32", "nchw")):
            options = {"layout": layout, "threads": None, "dtype": dtype, "compile": False, "lean": False}
            task = start(dataclasses.asdict(SIZES[request["size"]]) | options | {"device": "auto"})
            seconds = []
            for _ in range(6):
                begun = time.perf_counter()
                task.step()
                seconds.append(1e3 * (time.perf_counter() - begun))
            forms[f"PyTorch {dtype} {layout}"] = (statistics.median(seconds[1:]), 1)
        return {"forms": forms}

    return {"ok": True}, timed


def inner(request: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """Forms of the second units of separable convolutions."""
    programs = inner_units.compiled(request["size"])
    return {"ok": True}, lambda: {"forms": {name: (1e3 * run(), 1) for name, run in programs.items()}}


def main(request: dict[str, Any]) -> None:
    """Serves one case."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    jax.config.update("jax_default_matmul_precision", None if request["precision"] == "default" else "highest")
    make = {"pytorch": pytorch, "inner": inner}.get(request["what"], prepared)
    cost, timed = make(request)
    print(json.dumps(cost | {"about": _about()}), file=answers, flush=True)
    if sys.stdin.readline():
        print(json.dumps(timed()), file=answers, flush=True)


def _about() -> dict[str, Any]:
    device = jax.devices()[0]
    return {"device": device.device_kind, "platform": device.platform, "jax": jax.__version__}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
