"""The errors of this package and the wording that they share."""

import difflib
import reprlib
from collections.abc import Iterable

_shortener = reprlib.Repr()
_shortener.maxstring = _shortener.maxother = 60


class GenotypeError(ValueError):
    """A genotype, in whatever form it was given, is malformed or does not fit."""


class SpaceError(ValueError):
    """A search space is described by values that contradict each other, or a mixture misfits."""


def show(value: object) -> str:
    """Return a repr that stays short however large, long or deeply nested ``value`` is."""
    try:
        return _shortener.repr(value)
    except Exception:  # a repr may fail in any way: integers of over 4300 digits, foreign objects
        return f"a value of type {type(value).__name__}"


def unknown(kind: str, given: object, allowed: Iterable[str]) -> str:
    """Say that ``given`` is no known ``kind``, with close matches first and then all choices."""
    allowed = list(allowed)
    close = difflib.get_close_matches(given[:60], allowed) if isinstance(given, str) else []
    hint = f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
    return f"unknown {kind} {show(given)}{hint}; allowed: {', '.join(allowed)}"
