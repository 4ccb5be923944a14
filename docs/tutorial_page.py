"""A tutorial, a program in jupytext's percent format, as Markdown."""

from __future__ import annotations

import pathlib
import re

_CELL = re.compile(r"^# %%( \[markdown\])?.*\n", re.MULTILINE)


def markdown(path: pathlib.Path) -> str:
    """The page of a program: cells of text as they are, cells of code as blocks, and how to run it.

    Args:
      path: a Python file whose cells begin with ``# %%`` or ``# %% [markdown]``.

    Raises:
      ValueError: text precedes the first cell.
    """
    before, *rest = _CELL.split(path.read_text())
    if before.strip():
        raise ValueError(f"{path}: a cell must come first, a line '# %%' or '# %% [markdown]'; found {before[:40]!r}")
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    cells = [_text(body) if kind else f"```python\n{body.strip()}\n```" for kind, body in pairs if body.strip()]
    cells.insert(1, _hint(path))
    return "\n\n".join(cells) + "\n"


def _text(body: str) -> str:
    return "\n".join(re.sub("^# ?", "", line) for line in body.strip().splitlines())


def _hint(path: pathlib.Path) -> str:
    name = f"docs/tutorials/{path.name}"
    return f"This page is the program `{name}`; `jupytext --to notebook {name}` makes it a notebook."
