"""The search step of several methods beside each other: ``python -m benchmarks.methods --methods=darts,pc_darts,gdas``.

Each runs in a process of its own, at the same size and batch, with the options of the method's paper; ``NAME/5`` with
5 candidates left on every edge, as in a later stage of P-DARTS. Blocks of steps are done in turns. JSON fields by
method: step_s (median) and step_spread (quartiles), over_first (time over that of the first method named),
temporary_mb (of the compiled step, as XLA plans it), peak_mb (of the process, compilation included, or of the GPU),
kernels, compile_cold_s.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

from benchmarks import records, sizes, timing
from benchmarks.process import Worker
from benchmarks.starts import lasting, say
from dartsx.catalog import DTYPES, HYPERGRADIENTS, REMAT
from dartsx.experiments.settings.methods import methods

BLOCKS = {"small": 10, "medium": 3, "full": 1}


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.methods", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes.add_size(parser)
    text = "names, with commas; the first is the yardstick"
    parser.add_argument("--methods", default="darts,pc_darts,gdas", help=text)
    parser.add_argument("--hypergradient", choices=HYPERGRADIENTS, default="first_order")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--rounds", type=sizes.positive, default=5, help="blocks of each method")
    parser.add_argument("--block", type=sizes.positive, help="steps of a block; by default by the size")
    parser.add_argument("--remat", choices=REMAT, help="what a backward pass computes again; by default by device")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of activations")
    records.add_output(parser)
    arguments = parser.parse_args(argv)
    arguments.methods = arguments.methods.split(",")
    for name in arguments.methods:
        method, slash, keep = name.partition("/")
        if not methods().holds(method):
            parser.error(f"--methods: {method!r} {methods().problem(method)}")
        if slash and not (keep.isdecimal() and int(keep)):
            parser.error(f"--methods: {name!r}: candidates left on every edge must be 1 or more, got {keep!r}")
    return arguments


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; see the module's docstring."""
    size, block = sizes.chosen(arguments), arguments.block or BLOCKS.get(arguments.size, 1)
    fields = {name: getattr(arguments, name) for name in ("hypergradient", "dtype", "remat")}
    options = dataclasses.asdict(size) | fields | {"form": None, "cache": ""}
    found: dict[str, Any] = {}
    with contextlib.ExitStack() as open_workers:
        workers = {}
        for name in arguments.methods:
            say(f"{name}: first start")
            method, _, keep = name.partition("/")
            worker = Worker("search", options | {"method": method, "keep": int(keep or 0)}, arguments.device)
            workers[name] = open_workers.enter_context(worker)
            found[name] = worker.program() | {"compile_cold_s": worker.start_seconds}
        blocks = timing.in_turns({name: w.steps for name, w in workers.items()}, arguments.rounds, block)
        for name, worker in workers.items():
            times = timing.merged(blocks[name])
            found[name] |= {"step_s": times.median, "step_spread": [times.low, times.high], "peak_mb": worker.peak_mb()}
        about = next(iter(workers.values())).about
    for figures in found.values():
        figures["over_first"] = figures["step_s"] / found[arguments.methods[0]]["step_s"]
    result = {"size": dataclasses.asdict(size)} | fields
    return result | {"methods": found, "about": {"dartsx": lasting(about)}}


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    rows = []
    for name, found in result["methods"].items():
        low, high = (timing.seconds(bound) for bound in found["step_spread"])
        memory = f"{found['temporary_mb']:.0f} MB", f"{found['peak_mb']:.0f} MB"
        times = timing.seconds(found["step_s"]), f"{low} to {high}", f"{found['over_first']:.2f}"
        rows.append((name, *times, *memory, f"{found['compile_cold_s']:.0f} s"))
    head = ("method", "step", "quartiles", "ratio", "temporary", "peak", "first step after start")
    title = f"{sizes.Size(**result['size'])}; {result['hypergradient']}, {result['dtype']}"
    title += f", remat {result['remat']}" if result["remat"] else ""
    return records.rows_table(rows, head, title)


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    platform = result["about"]["dartsx"]["device"]["platform"]
    remat = f"-{arguments.remat}" if arguments.remat else ""
    name = f"methods-{sizes.label(sizes.chosen(arguments))}{remat}-{arguments.dtype}-{platform}"
    records.finish(arguments, name, result, table(result))


if __name__ == "__main__":
    main()
