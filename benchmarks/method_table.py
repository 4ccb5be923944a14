"""A table of all methods: ``python -m benchmarks.method_table > benchmarks/results/method-table.md``.

Columns: paper; lines of code of the method's file, without blank lines, comments and docstrings; what
``configs/cifar10.py:NAME`` sets differently from DARTS (options of the method aside); the part of the contract tests
that holds it; CIFAR-10 accuracy in the newest NAS-Bench-201 record of ``benchmarks/results/``, if it is there. A test
compares the stored table with what this prints.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pathlib
import re

from benchmarks.records import RESULTS
from dartsx.catalog import METHODS
from dartsx.search.methods.table import function_of

TABLE = RESULTS / "method-table.md"
# Parts that are no part of a step, and the tests that hold them.
CONTRACTS = {
    "early stopping": "tests/search/test_early_stopping.py",
    "stages": "tests/search/test_selection.py",
    "selection after the search": "tests/search/test_selection.py",
}
CONTRACT = "tests/search/test_method_formulas.py"
HEAD = ("method", "paper", "lines", "`configs/cifar10.py:NAME` beside DARTS", "contract", "NAS-Bench-201, CIFAR-10 (%)")


def text() -> str:
    """The whole table, Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in (HEAD, ("---",) * len(HEAD), *map(row_of, METHODS))]
    return "\n".join(lines) + f"\n\nNAS-Bench-201: `{_newest().name}`, whose setting it states; - was not run.\n"


def row_of(name: str) -> tuple[str, ...]:
    """One row of the table."""
    path = _path(name)
    contract = next((CONTRACTS[part] for part in METHODS[name].decides if part in CONTRACTS), CONTRACT)
    return (f"`{name}`", _paper(path), str(lines_of_code(path)), _settings(name), f"`{contract}`", _found(name))


def lines_of_code(path: pathlib.Path) -> int:
    """Lines of a file that are neither blank nor comments nor docstrings."""
    source = path.read_text()
    lines = {i for i, line in enumerate(source.splitlines(), 1) if line.strip() and not line.strip().startswith("#")}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def _path(name: str) -> pathlib.Path:
    return pathlib.Path(importlib.import_module(function_of(name).__module__).__file__)


def _paper(path: pathlib.Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    return re.search(r"arXiv:\d{4}\.\d{5}|openreview\.net/forum\?id=\w+", docstring).group()


def _settings(name: str) -> str:
    parts = [f"{field} {value:g}" for field, value in METHODS[name].paper.items()]
    return ", ".join(parts + [f"without {primitive}" for primitive in METHODS[name].left_out]) or "the same"


@functools.cache
def _newest() -> pathlib.Path:
    return max(RESULTS.glob("nb201-*.txt"), key=lambda path: path.name.removesuffix(".txt")[-10:])


def _found(name: str) -> str:
    """Mean +- standard deviation (n) of the method's row in the newest record."""
    row = re.search(rf"^\| {name} \| (\d+) \| ([^|]+) \|", _newest().read_text(), re.MULTILINE)
    return f"{row[2]} (n = {row[1]})" if row else "-"


if __name__ == "__main__":
    print(text(), end="")
