"""Classic text: ``Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=range(2, 6), ...)``.

The grammar (comments and whitespace anywhere, a comma may trail, quotes single or double)::

    text   = [name "="] "Genotype" "(" field {"," field} ")" [","]
    field  = ("normal" | "reduce") "=" list of entry
           | ("normal_concat" | "reduce_concat") "=" (range | list of integer)
    entry  = pair (primitive, source) or triple (primitive, node, source), in () or []
    range  = "range" "(" [integer ","] integer ")"

It nests no deeper than that, so the parser needs no recursion, and it evaluates nothing.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from dartsx.spaces.entries import FIELDS, Spot, build_genotype, to_entries
from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.genotype import CELL_TYPES, MAX_NODE, Genotype

MAX_CHARACTERS = 1_000_000

_TOKEN = re.compile(
    r"""(?P<blank> \s+ | \#[^\n]* )
      | (?P<string> [uU]? (?: '[^'\n,()]*' | "[^"\n,()]*" ) )
      | (?P<name> [A-Za-z_][A-Za-z0-9_.]* )
      | (?P<number> [0-9]+ )
      | (?P<mark> [()\[\],=] )""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]"}
_EXCERPT = 40  # characters shown on each side of an error


class _Token(NamedTuple):
    kind: str
    text: str
    where: int


def from_text(text: str, *, origin: str = "genotype text", custom_primitives: Sequence[str] = ()) -> Genotype:
    """Read a genotype from its classic text, without evaluating it.

    Args:
      text: the text, optionally with an assignment in front, ``DARTS_V2 = Genotype(...)``.
      origin: where the text came from, for messages.
      custom_primitives: names allowed besides PRIMITIVES.

    Raises GenotypeError, with line, column and an excerpt, whatever is wrong with the text.
    """
    if not isinstance(text, str):
        raise GenotypeError(f"{origin}: expected a string, not {show(text)}")
    if len(text) > MAX_CHARACTERS:
        raise GenotypeError(f"{origin}: {len(text)} characters; at most {MAX_CHARACTERS} are allowed")
    parser = _Parser(text, origin)
    return build_genotype(parser.genotype(), parser.fail, custom_primitives)


def to_text(genotype: Genotype) -> str:
    """Write the genotype as its classic text, on one line; :func:`from_text` reads it back."""
    fields = []
    for cell_type in CELL_TYPES:
        cell = genotype.cell(cell_type)
        fields.append(f"{cell_type}={to_entries(cell)!r}")
        fields.append(f"{cell_type}_concat={_concat_text(cell.concat)}")
    return f"Genotype({', '.join(fields)})"


def _concat_text(concat: tuple[int, ...]) -> str:
    run = range(concat[0], concat[0] + len(concat))
    return f"range({run.start}, {run.stop})" if concat == tuple(run) else repr(list(concat))


class _Parser:
    """Goes through the tokens once, from left to right; every value keeps its offset."""

    def __init__(self, text: str, origin: str):
        self.text, self.origin = text, origin
        self.tokens = self._tokenize()
        self.next = 0

    def fail(self, where: int, message: str) -> NoReturn:
        """Raise GenotypeError with the line, the column and an excerpt of the text."""
        line = self.text.count("\n", 0, where) + 1
        start = self.text.rfind("\n", 0, where) + 1
        end = self.text.find("\n", where)
        left = max(start, where - _EXCERPT)
        right = min(end if end >= 0 else len(self.text), where + _EXCERPT)
        excerpt = "".join(c if c.isprintable() else " " for c in self.text[left:right])
        raise GenotypeError(
            f"{self.origin}, line {line}, column {where - start + 1}: {message}\n"
            f"    {excerpt}\n    {' ' * (where - left)}^"
        ) from None

    def genotype(self) -> dict[str, Spot]:
        """Read the whole text into the spots of its four fields."""
        name = self.take("name", "'Genotype(...)'")
        if self.at("="):
            self.next += 1
            name = self.take("name", "'Genotype(...)' after '='")
        if name.text.rpartition(".")[2] != "Genotype":
            self.fail(name.where, f"expected 'Genotype(...)', found {show(name.text)}")
        fields: dict[str, Spot] = {}
        self.sequence(lambda: self.field(fields), "(", "'(' after 'Genotype'")
        if self.at(","):
            self.next += 1
        if self.token.kind != "end":
            self.fail(self.token.where, "expected nothing after the genotype")
        missing = [name for name in FIELDS if name not in fields]
        if missing:
            self.fail(name.where, f"missing {', '.join(missing)}; needed: {', '.join(FIELDS)}")
        return fields

    def field(self, fields: dict[str, Spot]) -> None:
        """Read ``name=value`` into ``fields``."""
        name = self.take("name", f"a field ({', '.join(FIELDS)})")
        if name.text not in FIELDS:
            self.fail(name.where, unknown("field", name.text, FIELDS))
        if name.text in fields:
            self.fail(name.where, f"field {name.text!r} is given twice")
        self.take_mark("=", f"'=' after {name.text!r}")
        fields[name.text] = self.entries() if name.text in CELL_TYPES else self.concat()

    def entries(self) -> Spot:
        """Read a list of entries."""
        return self.sequence(self.entry, "([", "a list of (primitive, source)")

    def entry(self) -> Spot:
        """Read a primitive in quotes and the integers after it."""
        where = self.token.where

        def value() -> Spot:
            if self.tokens[self.next - 1].text in _CLOSING:
                token = self.take("string", "a primitive's name in quotes")
                return Spot(token.text.lstrip("uU")[1:-1], token.where)
            return self.integer()

        spot = self.sequence(value, "([", "an entry (primitive, source)")
        return Spot(spot.value, where)

    def concat(self) -> Spot:
        """Read a list of integers, or a range as the list that it stands for."""
        if self.token.kind != "name":
            return self.sequence(self.integer, "([", "'range(...)' or a list of nodes")
        name = self.take("name", "'range'")
        if name.text != "range":
            self.fail(name.where, f"expected 'range(...)' or a list of nodes, found {name.text!r}")
        bounds = self.sequence(self.integer, "(", "'(' after 'range'")
        if len(bounds.value) not in (1, 2):
            self.fail(name.where, "expected range(stop) or range(start, stop)")
        nodes = range(*(bound.value for bound in bounds.value))
        return Spot([Spot(node, name.where) for node in nodes], name.where)

    def integer(self) -> Spot:
        """Read an integer that may be a node."""
        token = self.take("number", "a node (an integer from 0)")
        if len(token.text) > len(str(MAX_NODE)) + 1:  # one more: a range stops after MAX_NODE
            self.fail(token.where, f"a number too large; nodes go up to {MAX_NODE}")
        return Spot(int(token.text), token.where)

    def sequence(self, item: Callable[[], Spot | None], opening: str, expected: str) -> Spot:
        """Read items separated by commas between one of the ``opening`` marks and its partner."""
        start = self.token
        if start.kind != "mark" or start.text not in opening:
            self.fail(start.where, f"expected {expected}, found {_found(start)}")
        self.next += 1
        closing, items = _CLOSING[start.text], []
        while not self.at(closing):
            items.append(item())
            if not self.at(closing):
                self.take_mark(",", f"',' or '{closing}'")
        self.next += 1
        return Spot(items, start.where)

    @property
    def token(self) -> _Token:
        """The token to read next; the last one is of kind 'end'."""
        return self.tokens[self.next]

    def at(self, mark: str) -> bool:
        """Whether the next token is this mark."""
        return self.token.kind == "mark" and self.token.text == mark

    def take(self, kind: str, expected: str) -> _Token:
        """Return the next token and go past it; it must be of this kind."""
        token = self.token
        if token.kind != kind:
            self.fail(token.where, f"expected {expected}, found {_found(token)}")
        self.next += 1
        return token

    def take_mark(self, mark: str, expected: str) -> None:
        """Go past this mark, which must come next."""
        if not self.at(mark):
            self.fail(self.token.where, f"expected {expected}, found {_found(self.token)}")
        self.next += 1

    def _tokenize(self) -> list[_Token]:
        tokens, where = [], 0
        while where < len(self.text):
            match = _TOKEN.match(self.text, where)
            if not match:
                quote = self.text[where] in "'\""
                what = "unclosed quote" if quote else "unexpected character"
                self.fail(where, f"{what} {self.text[where]!r}")
            if match.lastgroup != "blank":
                tokens.append(_Token(match.lastgroup, match.group(), where))
            where = match.end()
        return [*tokens, _Token("end", "", where)]


def _found(token: _Token) -> str:
    return "the end of the text" if token.kind == "end" else show(token.text)
