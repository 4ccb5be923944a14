"""Where the seconds of a start go, from the process to its first search step, as shares.

    python -m benchmarks.start_shares --sizes=small,medium

Each size starts twice, with an empty and with a filled compilation cache. Shares are of the processor's seconds of all
threads: they hold beside other programs and on machines of another speed, where seconds do not.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from typing import Any

from benchmarks import records
from benchmarks.process import Worker
from benchmarks.sizes import SIZES
from benchmarks.starts import say

CHOICES = {"hypergradient": "first_order", "form": None, "remat": None, "dtype": "float32"}


def measure(size: str, device: str) -> dict[str, Any]:
    """Seconds and processor seconds by phase of a cold and of a warm start."""
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        options = dataclasses.asdict(SIZES[size]) | CHOICES | {"cache": cache}
        for start in ("cold", "warm"):
            say(f"{size}: {start} start")
            with Worker("search", options, device) as worker:
                found[start] = {"total_s": worker.start_seconds} | {
                    name: worker.about[name] for name in ("phases", "processor")
                }
    return found


def table(result: dict[str, Any]) -> str:
    """Shares by phase for people."""
    columns = [(size, start) for size, starts in result["starts"].items() for start in starts]
    found = [result["starts"][size][start] for size, start in columns]
    totals = [sum(one["processor"].values()) for one in found]
    rows = [
        (phase, *(f"{one['processor'][phase] / total:.0%}" for one, total in zip(found, totals, strict=True)))
        for phase in found[0]["processor"]
    ]
    rows.append(("processor seconds", *(f"{total:.1f}" for total in totals)))
    rows.append(("seconds", *(f"{one['total_s']:.1f}" for one in found)))
    return records.rows_table(rows, ("", *(f"{size}, {start}" for size, start in columns)))


def main() -> None:
    """Measures and reports."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.start_shares",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", default="small,medium", help=f"joined by commas: {', '.join(SIZES)}")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto")
    records.add_output(parser)
    arguments = parser.parse_args()
    result = {"starts": {size: measure(size, arguments.device) for size in arguments.sizes.split(",")}}
    records.finish(arguments, "start-shares", result, table(result))


if __name__ == "__main__":
    main()
