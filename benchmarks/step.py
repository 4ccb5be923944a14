"""A search step of dartsx against PyTorch: ``python -m benchmarks.step --size=small --format=json``.

Each implementation runs in a process of its own; they do blocks of steps in turns. PyTorch runs eagerly in the memory
layout, and with the number of threads, that a trial just before found fastest. With --skip a part is left out, and
its figures are null. JSON fields, seconds and units of 10^6 bytes:

  dartsx_s, pytorch_s        median time of a step; ratio = pytorch_s / dartsx_s
  *_spread                   quartiles; of the ratio: of the ratios of single rounds
  exact_over_first           time of the exact second-order step over the first-order one, measured in turns
  compile_cold_s, _warm_s    from the start of the process to the end of the first step; cache empty, filled
  kernels                    of the compiled step, see `hlo`; launches counts loop bodies as often as they run
  peak_mb, pytorch_peak_mb   most memory of the process (of the GPU, where there is one); peak_mb is of the process that
                             compiled, peak_warm_mb of the one that found the program in the cache
  temporary_mb               of the compiled step, as XLA plans it; exact_temporary_mb of the exact one
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import records, sizes, timing
from benchmarks.process import Worker, WorkerError
from benchmarks.starts import lasting, say, started_twice
from dartsx.catalog import DTYPES, HYPERGRADIENTS, REMAT, SEPARABLE_FORMS

SKIPS = ("pytorch", "exact", "warm")
BLOCKS = {"small": 10, "medium": 3, "full": 1}
TRIAL_STEPS = 3


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.step", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes.add_size(parser)
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--rounds", type=sizes.positive, default=7, help="blocks of each implementation")
    parser.add_argument("--block", type=sizes.positive, help="steps of a block; by default by the size")
    parser.add_argument("--skip", default="", help=f"what to leave out, with commas: {', '.join(SKIPS)}")
    ours = parser.add_argument_group("dartsx")
    ours.add_argument(
        "--hypergradient", choices=HYPERGRADIENTS, default="first_order", help="others are measured without PyTorch"
    )
    ours.add_argument(
        "--form", choices=SEPARABLE_FORMS, help="of separable convolutions; by default chosen by device and size"
    )
    ours.add_argument("--remat", choices=REMAT, help="by default that of the config")
    ours.add_argument("--dtype", choices=DTYPES, default="float32", help="of activations")
    theirs = parser.add_argument_group("PyTorch")
    theirs.add_argument("--pytorch-dtype", choices=DTYPES, help="by default that of dartsx")
    theirs.add_argument("--pytorch-lean", action="store_true", help="gradients only of what each half of a step moves")
    theirs.add_argument(
        "--pytorch-compile", type=float, metavar="SECONDS", help="try torch.compile too, for at most this long"
    )
    records.add_output(parser)
    arguments = parser.parse_args(argv)
    arguments.skip = [part for part in arguments.skip.split(",") if part]
    for part in arguments.skip:
        if part not in SKIPS:
            parser.error(f"--skip: unknown part {part!r}; allowed: {', '.join(SKIPS)}")
    if arguments.hypergradient != "first_order":
        arguments.skip += ["pytorch", "exact"]
    return arguments


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is measured, from the command line: options of the workers, and how often they are asked."""

    arguments: argparse.Namespace
    size: sizes.Size
    cache: str

    @property
    def block(self) -> int:
        """Steps of a block."""
        return self.arguments.block or BLOCKS.get(self.arguments.size, 1)

    def dartsx(self, hypergradient: str) -> dict[str, Any]:
        """Options of the task ``search``."""
        given = self.arguments
        choices = {"hypergradient": hypergradient, "form": given.form, "remat": given.remat, "dtype": given.dtype}
        return dataclasses.asdict(self.size) | choices | {"cache": self.cache}

    def pytorch(self, layout: str, threads: int | None = None, compiled: bool = False) -> dict[str, Any]:
        """Options of the task ``pytorch``."""
        dtype = self.arguments.pytorch_dtype or self.arguments.dtype
        choices = {"layout": layout, "threads": threads, "dtype": dtype, "compile": compiled}
        return dataclasses.asdict(self.size) | choices | {"lean": self.arguments.pytorch_lean}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; see the module's docstring."""
    size, device, skip = sizes.chosen(arguments), arguments.device, arguments.skip
    result: dict[str, Any] = {"size": dataclasses.asdict(size), "hypergradient": arguments.hypergradient}
    result |= {"dtype": arguments.dtype, "form": arguments.form, "remat": arguments.remat}
    with tempfile.TemporaryDirectory() as cache:
        plan = Plan(arguments, size, cache)
        options = plan.dartsx(arguments.hypergradient)
        with started_twice("search", options, device, plan.block, "warm" not in skip) as (worker, figures):
            result |= figures | {"about": {"dartsx": lasting(worker.about)}}
            result |= _alone(plan, worker) if "pytorch" in skip else _against_pytorch(plan, worker, result["about"])
            result |= _no_exact() if "exact" in skip else _exact(plan, worker)
    return result


def _alone(plan: Plan, worker: Worker) -> dict[str, Any]:
    dartsx = timing.merged(timing.in_turns({"dartsx": worker.steps}, plan.arguments.rounds, plan.block)["dartsx"])
    missing = ("pytorch_s", "ratio", "pytorch_peak_mb", "pytorch_spread", "ratio_spread", "pytorch")
    return _spread("dartsx", dartsx) | dict.fromkeys(missing)


def _against_pytorch(plan: Plan, worker: Worker, about: dict[str, Any]) -> dict[str, Any]:
    trials = _trials(plan)
    best = min(trials, key=lambda trial: trial["seconds"])
    say(f"PyTorch runs with {best['layout']}, {best['threads']} threads")
    with Worker("pytorch", plan.pytorch(best["layout"], best["threads"]), plan.arguments.device) as pytorch:
        _same_platform(worker, pytorch)
        pytorch.steps(1)
        both = {"dartsx": worker.steps, "pytorch": pytorch.steps}
        blocks = timing.in_turns(both, plan.arguments.rounds, plan.block)
        about["pytorch"] = pytorch.about
        peak = pytorch.peak_mb()
    dartsx, theirs = timing.merged(blocks["dartsx"]), timing.merged(blocks["pytorch"])
    ratio = timing.ratio_by_round(blocks["pytorch"], blocks["dartsx"])
    return {
        **_spread("dartsx", dartsx),
        **_spread("pytorch", theirs),
        "ratio": theirs.median / dartsx.median,
        "ratio_spread": [ratio.low, ratio.high],
        "pytorch_peak_mb": peak,
        "pytorch": {"chosen": best, "trials": trials, "compiled": _compiled(plan, best)},
    }


def _trials(plan: Plan) -> list[dict[str, Any]]:
    """A few steps in each layout, then in the faster one with a single thread: small maps can be faster so."""
    trials = [_trial(plan, layout, None) for layout in ("nchw", "channels_last")]
    best = min(trials, key=lambda trial: trial["seconds"])
    if best["platform"] == "cpu" and best["threads"] > 1:
        trials.append(_trial(plan, best["layout"], 1))
    return trials


def _trial(plan: Plan, layout: str, threads: int | None) -> dict[str, Any]:
    say(f"PyTorch: trial of {layout}{', 1 thread' if threads else ''}")
    with Worker("pytorch", plan.pytorch(layout, threads), plan.arguments.device) as worker:
        found = timing.summary(worker.steps(TRIAL_STEPS)).median
        about = worker.about
        return {
            "layout": layout,
            "threads": about["threads"],
            "seconds": found,
            "peak_mb": worker.peak_mb(),
            "platform": about["device"]["platform"],
        }


def _compiled(plan: Plan, best: dict[str, Any]) -> dict[str, Any] | None:
    """torch.compile in the best layout: seconds to the first step and of a step, or that the bound was reached."""
    bound = plan.arguments.pytorch_compile
    if bound is None:
        return None
    say(f"PyTorch: torch.compile, at most {bound:g} s")
    options = plan.pytorch(best["layout"], best["threads"], compiled=True)
    try:
        with Worker("pytorch", options, plan.arguments.device, within=bound) as worker:
            found = timing.summary(worker.steps(TRIAL_STEPS * plan.block)).median
            return {"start_seconds": worker.start_seconds, "seconds": found}
    except WorkerError as error:
        return {"start_seconds": None, "seconds": None, "error": str(error)}


def _exact(plan: Plan, worker: Worker) -> dict[str, Any]:
    say("exact second order: first start")
    with Worker("search", plan.dartsx("exact"), plan.arguments.device) as exact:
        both = {"first": worker.steps, "exact": exact.steps}
        blocks = timing.in_turns(both, plan.arguments.rounds, plan.block)
        figures = {"exact_peak_mb": exact.peak_mb(), "exact_compile_cold_s": exact.start_seconds}
        program = exact.program()
    found, first = timing.merged(blocks["exact"]), timing.merged(blocks["first"])
    figures |= {"exact_temporary_mb": program["temporary_mb"], "exact_kernels": program["kernels"]}
    return {"exact_over_first": found.median / first.median} | _spread("exact", found) | figures


def _no_exact() -> dict[str, Any]:
    names = ("over_first", "s", "spread", "peak_mb", "compile_cold_s", "temporary_mb", "kernels")
    return {f"exact_{name}": None for name in names}


def _spread(name: str, found: timing.Timing) -> dict[str, Any]:
    return {f"{name}_s": found.median, f"{name}_spread": [found.low, found.high]}


def _same_platform(worker: Worker, pytorch: Worker) -> None:
    ours, theirs = (one.about["device"]["platform"] for one in (worker, pytorch))
    if ours != theirs:
        raise WorkerError(
            f"dartsx ran on {ours} but PyTorch on {theirs}: nothing to compare; use --device=cpu or --skip=pytorch"
        )


ROWS = (  # what the table shows: (label, field, unit)
    ("step, dartsx", "dartsx", "time"),
    ("step, PyTorch", "pytorch", "time"),
    ("PyTorch / dartsx", "ratio", "times"),
    ("step, exact second order", "exact", "time"),
    ("exact / first order", "exact_over_first", "times"),
    ("first step after start, empty cache", "compile_cold_s", "s"),
    ("first step after start, filled cache", "compile_warm_s", "s"),
    ("kernels", "kernels", ""),
    ("kernels launched", "launches", ""),
    ("peak memory, dartsx", "peak_mb", "MB"),
    ("peak memory, dartsx from cache", "peak_warm_mb", "MB"),
    ("peak memory, PyTorch", "pytorch_peak_mb", "MB"),
    ("peak memory, exact second order", "exact_peak_mb", "MB"),
    ("temporary memory of the program", "temporary_mb", "MB"),
    ("temporary memory, exact second order", "exact_temporary_mb", "MB"),
)


def table(result: dict[str, Any]) -> str:
    """The figures that were measured, for people."""
    rows = [(label, *cells) for label, field, unit in ROWS if (cells := _cells(result, field, unit))]
    for name, phases in result["phases"].items():
        text = ", ".join(f"{phase} {value:.1f}" for phase, value in phases.items())
        rows.append((f"seconds of the start, {name} cache", "", text))
    for trial in (result["pytorch"] or {}).get("trials", ()):
        label = f"PyTorch trial, {trial['layout']}, threads {trial['threads']}"
        rows.append((label, timing.seconds(trial["seconds"]), f"peak {trial['peak_mb']:.0f} MB"))
    compiled = (result["pytorch"] or {}).get("compiled")
    if compiled:
        found = compiled.get("error") or f"first step after {compiled['start_seconds']:.1f} s"
        rows.append(("torch.compile", timing.seconds(compiled["seconds"]) if compiled["seconds"] else "-", found))
    title = f"{sizes.Size(**result['size'])}; {result['hypergradient']}, {result['dtype']}"
    return records.rows_table(rows, ("", "median", "quartiles"), title)


def _cells(result: dict[str, Any], field: str, unit: str) -> tuple[str, str] | None:
    value = result[f"{field}_s"] if unit == "time" else result[field]
    if value is None:
        return None
    if unit == "time":
        low, high = (timing.seconds(bound) for bound in result[f"{field}_spread"])
        return timing.seconds(value), f"{low} to {high}"
    spread = result.get(f"{field}_spread")
    shown = f"{spread[0]:.2f} to {spread[1]:.2f}" if spread else ""
    return f"{value:.2f}" if unit == "times" else f"{value:.0f} {unit}".rstrip(), shown


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    size = sizes.label(sizes.chosen(arguments))
    platform = result["about"]["dartsx"]["device"]["platform"]
    name = "-".join(["step", size, arguments.dtype, platform, *_variant(arguments)])
    records.finish(arguments, name, result, table(result))


def _variant(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.hypergradient != "first_order":
        yield arguments.hypergradient
    if arguments.form:
        yield f"form-{arguments.form}"
    if arguments.remat:
        yield f"remat-{arguments.remat}"


if __name__ == "__main__":
    main()
