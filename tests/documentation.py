"""The blocks of code in README.md and docs/, and what a mark before a block says of it.

A mark is a comment of HTML on the line before the fence (a blank line may stand between):

``<!-- file: NAME -->``     the block is a file of that name beside the commands of its page;
``<!-- runs: FLAGS -->``    its commands run, with these further flags, or as they stand if there are none;
``<!-- parsed: REASON -->`` the command line is read by the real program, but its config is not resolved further;
``<!-- shown: REASON -->``  nothing is done with it.

Without a mark a block of Python runs; of a block of commands (a fence without a language, or ``bash``) every command
line is read by the program that it names, and the configs of searches are resolved.
"""

from __future__ import annotations

import pathlib
import re
import shlex
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>\w+)(?:: (?P<note>.*?))? -->\n\n?)?^ *```(?P<language>\w*)\n(?P<code>.*?)^ *```$", re.M | re.S
)
_MARKS = (None, "file", "runs", "parsed", "shown")


class Block(NamedTuple):
    """A fenced block: page relative to the root, line of the fence, and what is in it."""

    page: str
    line: int
    language: str
    mark: str | None
    note: str
    code: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_shell(self) -> bool:
        return self.language in ("", "bash") and self.mark not in ("file", "shown")

    @property
    def runs(self) -> bool:
        return self.language == "python" and self.mark is None


def pages() -> list[pathlib.Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: pathlib.Path) -> list[Block]:
    """The blocks of a page, in order."""
    text, found = page.read_text(), []
    for match in _BLOCK.finditer(text):
        line = text[: match.start("language")].count("\n") + 1
        name = page.relative_to(ROOT).as_posix()
        assert match["mark"] in _MARKS, f"{name}:{line}: unknown mark {match['mark']!r}; there are {_MARKS[1:]}"
        found.append(Block(name, line, match["language"], match["mark"], match["note"] or "", match["code"]))
    assert text.count("\n```") + text.startswith("```") == 2 * len(found), f"{page}: a fence is open, or indented"
    return found


def commands(block: Block) -> list[list[str]]:
    """The command lines of a block as lists of arguments: continued lines joined, ``&&`` and ``;`` taken apart."""
    lines = block.code.replace("\\\n", " ").splitlines()
    found = []
    for line in filter(None, map(str.strip, lines)):
        words = shlex.split(line, comments=True)
        while "&&" in words:
            at = words.index("&&")
            found.append(words[:at])
            words = words[at + 1 :]
        found.append(words)
    return [words for words in found if words]
