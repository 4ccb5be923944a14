"""A chunk of search steps as one compiled scan against single dispatched steps: ``python -m benchmarks.scan``.

Both gather and augment their batches on the device, as `dartsx search` does. Single steps are dispatched one by
one; ``single`` reads the losses after every step, as a loop that logs does, ``queued`` reads them after the last one.
JSON fields, seconds per step: scan_s, single_s, queued_s and their quartiles; ratio = single_s / scan_s,
ratio_queued = queued_s / scan_s; compile_scan_s, compile_single_s.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks import records, sizes, timing
from benchmarks.starts import say
from benchmarks.tasks.search import CLASSES, settings_of
from dartsx.catalog import DTYPES, REMAT, SEPARABLE_FORMS
from dartsx.data import Dataset, Split
from dartsx.experiments.jobs.search import plan_of, search_examples
from dartsx.experiments.settings import SearchSettings
from dartsx.runtime import Loop, jit, make_mesh, put_replicated, record_run_info
from dartsx.search import Search


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes.add_size(parser)
    parser.add_argument("--steps", type=sizes.positive, default=20, help="of a chunk")
    parser.add_argument("--rounds", type=sizes.positive, default=7, help="chunks of each kind")
    parser.add_argument("--form", choices=SEPARABLE_FORMS, help="of separable convolutions; by default chosen")
    parser.add_argument("--remat", choices=REMAT, help="by default that of the config")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of activations")
    records.add_output(parser)
    return parser.parse_args()


def random_dataset(size: sizes.Size, steps: int) -> Dataset:
    """Random images, enough for an epoch of so many steps: half of them train, half validate."""
    rng = np.random.default_rng(0)
    shape = (size.pixels, size.pixels, 3)

    def split(count: int) -> Split:
        labels = rng.integers(0, CLASSES, count, np.int32)
        return Split(rng.integers(0, 256, (count, *shape), np.uint8), labels)

    classes = tuple(str(i) for i in range(CLASSES))
    return Dataset("random", "random", classes, split(2 * steps * size.batch), split(1), (0.5,) * 3, (0.25,) * 3)


def random_search(settings: SearchSettings, dataset: Dataset, mesh: jax.sharding.Mesh) -> Search:
    """As ``dartsx search`` runs it."""
    plan = plan_of(settings, dataset.num_classes)
    return Search(plan, search_examples(settings, dataset, mesh), settings.seed, mesh)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; see the module's docstring."""
    size, steps = sizes.chosen(arguments), arguments.steps
    given = {"hypergradient": "first_order"} | {name: getattr(arguments, name) for name in ("form", "remat", "dtype")}
    mesh = make_mesh(1)
    search = random_search(settings_of(dataclasses.asdict(size) | given), random_dataset(size, steps), mesh)
    loop, rows = search.loop(), search.loop().rows(0, 0, steps)
    states = {name: put_replicated(search.init(), mesh) for name in ("scan", "single")}
    compiled, figures = {}, {}
    for name, step, row in (("scan", chunk_of(loop), rows), ("single", loop.step, _row(rows, 0))):
        say(f"compiling {name}")
        started = time.perf_counter()
        compiled[name] = jit(step, donate_argnums=0).lower(states[name], loop.arrays, row).compile()
        figures[f"compile_{name}_s"] = time.perf_counter() - started
    separate = [_row(rows, i) for i in range(steps)]

    def scan() -> None:
        states["scan"], metrics = compiled["scan"](states["scan"], loop.arrays, rows)
        jax.device_get(metrics)

    def single(read: Callable[[Any], Any] = jax.device_get) -> None:
        metrics = []
        for row in separate:
            states["single"], found = compiled["single"](states["single"], loop.arrays, row)
            metrics.append(read(found))
        jax.device_get(metrics)

    modes = {"scan": scan, "single": single, "queued": lambda: single(lambda found: found)}
    blocks = timing.in_turns({name: _per_step(run, steps) for name, run in modes.items()}, arguments.rounds + 1, 1)
    result = {"size": dataclasses.asdict(size), "steps": steps, **given, **figures}
    for name, found in blocks.items():
        times = timing.merged(found[1:])  # the first round warms up
        result |= {f"{name}_s": times.median, f"{name}_spread": [times.low, times.high]}
    result |= {"ratio": result["single_s"] / result["scan_s"], "ratio_queued": result["queued_s"] / result["scan_s"]}
    return result | {"about": {"dartsx": record_run_info()}}


def chunk_of(loop: Loop) -> Callable[..., Any]:
    """As `dartsx.runtime.run_loop` compiles it."""
    return lambda state, arrays, rows: jax.lax.scan(lambda s, row: loop.step(s, arrays, row), state, rows)


def _row(rows: Any, i: int) -> Any:
    return jax.block_until_ready(jax.tree.map(lambda values: values[i], rows))


def _per_step(run: Callable[[], None], steps: int) -> Callable[[int], list[float]]:
    def seconds(count: int) -> list[float]:
        found = []
        for _ in range(count):
            started = time.perf_counter()
            run()
            found.append((time.perf_counter() - started) / steps)
        return found

    return seconds


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    rows = []
    for name, title in (("scan", "one scan"), ("single", "single steps"), ("queued", "single steps, queued")):
        low, high = (timing.seconds(bound) for bound in result[f"{name}_spread"])
        rows.append((f"{title}, per step", timing.seconds(result[f"{name}_s"]), f"{low} to {high}"))
    rows += [(f"compilation, {name}", timing.seconds(result[f"compile_{name}_s"]), "") for name in ("scan", "single")]
    rows += [("single / scan", f"{result['ratio']:.2f}", ""), ("queued / scan", f"{result['ratio_queued']:.2f}", "")]
    title = f"{sizes.Size(**result['size'])}; chunk of {result['steps']}, {result['dtype']}"
    return records.rows_table(rows, ("", "median", "quartiles"), title)


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    size = sizes.label(sizes.chosen(arguments))
    name = f"scan-{size}-{arguments.dtype}-{jax.default_backend()}"
    records.finish(arguments, name, result, table(result))


if __name__ == "__main__":
    main()
