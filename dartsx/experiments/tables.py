"""Tables for a terminal that lose nothing: lines are as long as the columns need, also in a narrow window or a pipe."""

from __future__ import annotations

from typing import Any


def table(**options) -> Any:
    """A rich table without frame, which `show` prints."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left", **options)


def show(made: Any) -> None:
    """Prints a table in full; a terminal that is narrower wraps its lines."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(width=1000)
    width = Measurement.get(console, console.options, made).maximum
    Console(width=width).print(made)
