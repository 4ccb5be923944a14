"""Compilation and training step of the evaluation network: ``python -m benchmarks.network``.

By default the CIFAR-10 network of DARTS (20 cells, C=36, batch 96, auxiliary head); flags make it smaller. JSON fields
as those of `step`: step_s and step_spread, compile_cold_s, compile_warm_s (from the start of the process to the end of
the first step), kernels, launches, temporary_mb, peak_mb, peak_warm_mb.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from typing import Any

from benchmarks import records, sizes, timing
from benchmarks.starts import lasting, started_twice
from dartsx.catalog import DTYPES, NETWORK_REMAT, SEPARABLE_FORMS

CIFAR = sizes.Size(channels=36, layers=20, batch=96, pixels=32)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.network", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes.add_fields(parser)
    parser.add_argument("--genotype", default="DARTS_V2", help="a published name, a text, a file")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    parser.add_argument("--steps", type=sizes.positive, default=3, help="how many are timed")
    parser.add_argument("--form", choices=SEPARABLE_FORMS, help="of separable convolutions; by default chosen")
    parser.add_argument("--remat", choices=NETWORK_REMAT, help="what is computed again; by default chosen")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of activations")
    parser.add_argument("--skip", choices=("warm",), help="leave out the second start")
    records.add_output(parser)
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; see the module's docstring."""
    size = dataclasses.asdict(sizes.chosen(arguments, CIFAR))
    given = {name: getattr(arguments, name) for name in ("genotype", "form", "remat", "dtype")}
    with tempfile.TemporaryDirectory() as cache:
        options = size | given | {"cache": cache}
        warm = arguments.skip != "warm"
        with started_twice("network", options, arguments.device, 1, warm) as (worker, figures):
            step = timing.summary(worker.steps(arguments.steps))
            about = lasting(worker.about)
    times = {"step_s": step.median, "step_spread": [step.low, step.high]}
    return {"size": size, **given, **times, **figures, "about": {"dartsx": about}}


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    low, high = (timing.seconds(bound) for bound in result["step_spread"])
    rows = [("step", timing.seconds(result["step_s"]), f"{low} to {high}")]
    for name in ("cold", "warm"):
        if result[f"compile_{name}_s"] is not None:
            phases = ", ".join(f"{phase} {value:.1f}" for phase, value in result["phases"][name].items())
            rows.append((f"first step after start, {name} cache", f"{result[f'compile_{name}_s']:.1f} s", phases))
    rows += [(name, f"{result[name]}", "") for name in ("kernels", "launches")]
    for name in ("peak_mb", "peak_warm_mb", "temporary_mb"):
        if result[name] is not None:
            rows.append((name.replace("_mb", "").replace("_", " ") + " memory", f"{result[name]:.0f} MB", ""))
    title = f"{result['genotype']}, {sizes.Size(**result['size'])}; {result['dtype']}"
    return records.rows_table(rows, ("", "median", "quartiles, phases"), title)


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    size = sizes.chosen(arguments, CIFAR)
    name = f"C{size.channels}-{size.layers}cells-batch{size.batch}-{size.pixels}px"
    platform = result["about"]["dartsx"]["device"]["platform"]
    records.finish(arguments, f"network-{name}-{arguments.dtype}-{platform}", result, table(result))


if __name__ == "__main__":
    main()
