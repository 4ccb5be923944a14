"""Lists all networks that have names: parameters, multiply-adds, and how these compare with published counts.

``python -m experiments.networks`` prints a table, ``--format=markdown`` the same for a document.
"""

from __future__ import annotations

from absl import app, flags

from dartsx.networks.reference import Row, rows

_FORMAT = flags.DEFINE_enum("format", "table", ["table", "markdown"], "for a terminal or for a document")

COLUMNS = ("network", "pixels", "parameters", "multiply-adds", "reference (M)", "difference (M)", "source")


def line(row: Row) -> tuple[str, ...]:
    """A row as text; reference and difference are of parameters / multiply-adds."""
    figures = " / ".join(figure or "-" for figure in (row.params_m, row.macs_m))
    offs = " / ".join("-" if off is None else f"{off:g}" for off in (row.params_off, row.macs_off))
    return row.name, str(row.image_size), f"{row.params:,}", f"{row.macs:,}", figures, offs, row.source


def main(argv: list[str]) -> None:
    """Prints the table."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}: flags are written --name=value")
    lines = [line(row) for row in rows()]
    if _FORMAT.value == "markdown":
        print("\n".join("| " + " | ".join(cells) + " |" for cells in (COLUMNS, ("---",) * len(COLUMNS), *lines)))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*COLUMNS)
    for cells in lines:
        table.add_row(*cells)
    Console().print(table)


if __name__ == "__main__":
    app.run(main)
