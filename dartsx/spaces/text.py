"""Classic text: ``Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=range(2, 6), ...)``.

The grammar (comments and whitespace anywhere, a comma may trail, quotes single or double)::

    text   = "Genotype" "(" field {"," field} ")"
    field  = ("normal" | "reduce") "=" list of (entry | list of entry)
           | ("normal_concat" | "reduce_concat") "=" (range | "list" "(" range ")" | list of integer)
           | ("connectN" | "connects") "=" "None"
           | "recurrent" "=" list of entry | "concat" "=" (range | list of integer)
    entry  = (primitive, source), (primitive, source, weight) or (primitive, node, source), in () or []
    range  = "range" "(" [integer ","] integer ")"

It nests no deeper than that, so the parser needs no recursion, and it evaluates nothing. What may stand around such a
text, and several in one, is up to ``dartsx/spaces/found.py``.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from dartsx.spaces.entries import FIELDS, Spot, build_genotype
from dartsx.spaces.errors import GenotypeError, show, unknown
from dartsx.spaces.genotype import CELL_TYPES, MAX_NODE
from dartsx.spaces.recurrent_cell import RECURRENT, RECURRENT_FIELDS, build_recurrent_cell
from dartsx.spaces.space import Architecture

MAX_CHARACTERS = 1_000_000

_TOKEN = re.compile(
    r"""(?P<blank> \s+ | \#[^\n]* )
      | (?P<string> [uU]? (?: '[^'\n,()]*' | "[^"\n,()]*" ) )
      | (?P<name> [A-Za-z_][A-Za-z0-9_.]* )
      | (?P<real> [-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)? | [-+]?[0-9]+[eE][-+]?[0-9]+ )
      | (?P<number> [0-9]+ )
      | (?P<mark> [()\[\],=] )""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]"}
_REST = re.compile(r"""[ \t,;.'"`)\]}]*(\#[^\n]*)?\r?(?=\n|$)""")  # of the line behind a genotype
_UNUSED = ("connectN", "connects")  # fields of AutoDL-Projects' Genotype, which say nothing of the cells
_SCALARS = re.compile(r"(np|numpy)\.u?int[0-9]*|(np|numpy)\.float[0-9]*|tensor|torch\.tensor|array|np\.array")
_EXCERPT = 40  # characters shown on each side of an error


class _Token(NamedTuple):
    kind: str
    text: str
    where: int


def read_at(text: str, start: int, origin: str) -> Architecture:
    """Read the genotype whose ``Genotype(`` begins at offset ``start``; what follows it on its line is refused.

    Raises GenotypeError with line, column and an excerpt.
    """
    parser = _Parser(text, origin, start)
    fields = parser.genotype()
    build = build_recurrent_cell if RECURRENT in fields else build_genotype
    return build(fields, parser.fail)


class _Parser:
    """Goes through the tokens once, from left to right; every value keeps its offset."""

    def __init__(self, text: str, origin: str, start: int = 0):
        self.text, self.origin = text, origin
        self.tokens = self._tokenize(start)
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
        """Read the genotype into the spots of its four fields."""
        name = self.take("name", "'Genotype(...)'")
        if name.text.rpartition(".")[2] != "Genotype":
            self.fail(name.where, f"expected 'Genotype(...)', found {show(name.text)}")
        fields: dict[str, Spot] = {}
        self.sequence(lambda: self.field(fields), "(", "'(' after 'Genotype'")
        if self.token.kind != "end" or not _REST.match(self.text, self.token.where):
            rest = re.compile(r"[ \t,]*").match(self.text, self.token.where)
            self.fail(rest.end(), "expected nothing after the genotype")
        needed = RECURRENT_FIELDS if any(field in fields for field in RECURRENT_FIELDS) else FIELDS
        missing = [field for field in needed if field not in fields]
        if missing:
            self.fail(name.where, f"missing {', '.join(missing)}; needed: {', '.join(needed)}")
        if odd := [field for field in fields if field not in needed]:
            self.fail(name.where, f"{', '.join(odd)} beside {', '.join(needed)}: a genotype is of one kind")
        return fields

    def field(self, fields: dict[str, Spot]) -> None:
        """Read ``name=value`` into ``fields``."""
        if self.token.text in _CLOSING:
            self.fail(self.token.where, f"fields without names; write each as name=value: {', '.join(FIELDS)}")
        name = self.take("name", f"a field ({', '.join(FIELDS)})")
        if name.text in _UNUSED:
            self.take_mark("=", f"'=' after {name.text!r}")
            value = self.take("name", "None")
            if value.text != "None":
                self.fail(value.where, f"expected None, found {show(value.text)}; {name.text} is not read")
            return
        if name.text not in (*FIELDS, *RECURRENT_FIELDS):
            self.fail(name.where, unknown("field", name.text, (*FIELDS, *RECURRENT_FIELDS)))
        if name.text in fields:
            self.fail(name.where, f"field {name.text!r} is given twice")
        self.take_mark("=", f"'=' after {name.text!r}")
        fields[name.text] = self.entries() if name.text in (*CELL_TYPES, RECURRENT) else self.concat()

    def entries(self) -> Spot:
        """Read a list of entries, or of lists of them."""
        return self.sequence(self.item, "([", "a list of (primitive, source)")

    def item(self) -> Spot:
        """Read an entry, or a list of entries: those of one node."""
        inner = self.tokens[self.next + 1 : self.next + 2]
        if self.token.text in _CLOSING and (inner[0].text in _CLOSING or inner[0].text in _CLOSING.values()):
            return self.sequence(self.entry, "([", "the entries of a node")
        return self.entry()

    def entry(self) -> Spot:
        """Read a primitive in quotes and the numbers after it."""
        first = self.next + 1

        def value() -> Spot:
            if self.next == first:
                token = self.take("string", "a primitive's name in quotes")
                return Spot(token.text.lstrip("uU")[1:-1], token.where)
            return self.scalar()

        return self.sequence(value, "([", "an entry (primitive, source)")

    def scalar(self) -> Spot:
        """Read an integer or a real number, also as NumPy and PyTorch print a single one."""
        if self.token.kind == "name" and _SCALARS.fullmatch(self.token.text):
            name = self.take("name", "a number")
            values = self.sequence(self.scalar_inside, "(", f"'(' after {name.text!r}").value
            if len(values) != 1:
                self.fail(name.where, f"expected one number in {name.text}(...)")
            return Spot(values[0].value, name.where)
        return self.scalar_inside()

    def scalar_inside(self) -> Spot:
        """Read an integer or a real number."""
        if self.token.kind == "real":
            token = self.take("real", "a number")
            return Spot(float(token.text), token.where)
        return self.integer()

    def concat(self) -> Spot:
        """Read a list of integers, or a range as the list that it stands for."""
        if self.token.kind != "name":
            return self.sequence(self.node, "([", "'range(...)' or a list of nodes")
        if self.token.text in ("list", "tuple"):
            name = self.take("name", "'range'")
            inside = self.sequence(self.concat, "(", f"'(' after {name.text!r}").value
            if len(inside) != 1:
                self.fail(name.where, f"expected {name.text}(range(...))")
            return Spot(inside[0].value, name.where)
        return self.range()

    def range(self) -> Spot:
        """Read ``range(stop)`` or ``range(start, stop)`` as the list that it stands for."""
        name = self.take("name", "'range'")
        if name.text != "range":
            self.fail(name.where, f"expected 'range(...)' or a list of nodes, found {name.text!r}")
        bounds = self.sequence(self.integer, "(", "'(' after 'range'")
        if len(bounds.value) not in (1, 2):
            self.fail(name.where, "expected range(stop) or range(start, stop)")
        nodes = range(*(bound.value for bound in bounds.value))
        return Spot([Spot(node, name.where) for node in nodes], name.where)

    def node(self) -> Spot:
        """Read a node of a list, which NumPy may have printed."""
        spot = self.scalar()
        if not isinstance(spot.value, int):
            self.fail(spot.where, f"expected a node (an integer from 0), found {spot.value}")
        return spot

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

    def _tokenize(self, where: int) -> list[_Token]:
        """Tokens up to the bracket that closes the first one, or to the end of the text."""
        tokens, depth = [], 0
        while where < len(self.text):
            match = _TOKEN.match(self.text, where)
            if not match:
                quote = self.text[where] in "'\""
                what = "unclosed quote" if quote else "unexpected character"
                self.fail(where, f"{what} {self.text[where]!r}")
            if match.lastgroup != "blank":
                tokens.append(_Token(match.lastgroup, match.group(), where))
            where = match.end()
            depth += (match.group() in _CLOSING) - (match.group() in _CLOSING.values())
            if match.group() in _CLOSING.values() and depth <= 0:
                break
        return [*tokens, _Token("end", "", where)]


def _found(token: _Token) -> str:
    return "the end of the text" if token.kind == "end" else show(token.text)
