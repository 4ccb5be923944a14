"""One wording for choices that a network does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def check_choice(what: str, given: object, allowed: Iterable[object]) -> None:
    """Raises ValueError, naming close matches and all choices, unless `given` is one of `allowed`."""
    allowed = list(allowed)
    if given in allowed:
        return
    close = difflib.get_close_matches(str(given)[:60], map(str, allowed))
    hint = f" (did you mean {' or '.join(close)}?)" if close else ""
    raise ValueError(f"unknown {what} {given!r}{hint}; allowed: {', '.join(map(str, allowed))}")


def check_positive(what: str, given: float) -> None:
    """Raises ValueError unless the number is above 0."""
    if not given > 0:
        raise ValueError(f"{what} must be above 0, got {given}")
