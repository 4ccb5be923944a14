"""Lists all networks that have names and classify images: parameters, multiply-adds beside published counts.

``dartsx networks`` prints a table of two lines per network, which 80 columns hold: the first line is of
parameters, the second of multiply-adds. ``--format=markdown`` has one line per network, for a document.
"""

from __future__ import annotations

from absl import app, flags

from dartsx.experiments.tables import show, table
from dartsx.networks.reference import Row, rows

_FORMAT = flags.DEFINE_enum("format", "table", ["table", "markdown"], "for a terminal or for a document")

COLUMNS = ("network", "pixels", "parameters", "multiply-adds", "reference (M)", "difference (M)", "source")


def line(row: Row) -> tuple[str, ...]:
    """A row as text; reference and difference are of parameters / multiply-adds."""
    figures = " / ".join(figure or "-" for figure in (row.params_m, row.macs_m))
    offs = " / ".join(_difference(off) for off in (row.params_off, row.macs_off))
    return row.name, str(row.image_size), f"{row.params:,}", f"{row.macs:,}", figures, offs, row.source


def lines(row: Row) -> tuple[str, ...]:
    """A row as text of two lines, of which the second is of multiply-adds and names the source."""
    return (
        f"{row.name}\n  {row.source}",
        str(row.image_size),
        f"{row.params:,}\n{row.macs:,}",
        f"{row.params_m or '-'}\n{row.macs_m or '-'}",
        f"{_difference(row.params_off)}\n{_difference(row.macs_off)}",
    )


def _difference(off: float | None) -> str:
    return "-" if off is None else f"{off:g}"


def main(argv: list[str]) -> None:
    """Prints the table."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}: flags are written --name=value")
    if _FORMAT.value == "markdown":
        cells = (COLUMNS, ("---",) * len(COLUMNS), *(line(row) for row in rows()))
        print("\n".join("| " + " | ".join(texts) + " |" for texts in cells))
        return
    printed = table(caption="reference and difference in millions; -: no figure known")
    printed.add_column("network\n  source", max_width=28, overflow="fold")
    printed.add_column("size", justify="right")
    for name in ("parameters\nmultiply-adds", "reference", "difference"):
        printed.add_column(name, justify="right")
    for row in rows():
        printed.add_row(*lines(row))
    show(printed)


if __name__ == "__main__":
    app.run(main)
