"""Architectures of described spaces: the chosen option of every decision that counts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dartsx.spaces.errors import GenotypeError, show

SCHEMA = 1
CHOICES = "choices"
_PAIR = re.compile(r"\s*([A-Za-z0-9_.+/-]+)\s*=\s*([A-Za-z0-9_.+-]+)\s*", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """Decision -> option; two are equal if they choose the same, in whatever order.

    Attributes:
      pairs: (decision, option), given as a mapping or as pairs, kept by name.

    Raises GenotypeError for names that cannot be written, and decisions that are given twice.

    Example: ``str(Choices({"width": "16", "op1": "k3"})) == "op1=k3, width=16"``.
    """

    pairs: Mapping[str, str] | Iterable[tuple[str, str]]

    executor: ClassVar[str] = "described"

    def __post_init__(self):
        given = self.pairs.items() if isinstance(self.pairs, Mapping) else self.pairs
        pairs = sorted(tuple(pair) for pair in given)
        for name, option in pairs:
            if not (isinstance(name, str) and isinstance(option, str) and _PAIR.fullmatch(f"{name}={option}")):
                raise GenotypeError(f"choices are texts 'decision' and 'option', not {show(name)}: {show(option)}")
        names = [name for name, _ in pairs]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise GenotypeError(f"decision {twice[0]} is chosen twice")
        object.__setattr__(self, "pairs", tuple(pairs))

    @property
    def choices(self) -> dict[str, str]:
        """Decision -> option."""
        return dict(self.pairs)

    @property
    def cells(self) -> dict[str, Any]:
        """No cells."""
        return {}

    def document(self) -> dict[str, Any]:
        """``{"schema": 1, "choices": {decision: option}}``."""
        return {"schema": SCHEMA, CHOICES: self.choices}

    def __str__(self) -> str:
        return ", ".join(f"{name}={option}" for name, option in self.pairs)


def is_choices_text(text: str) -> bool:
    """Whether a text has the form ``decision=option, decision=option, ...``, on one line or several."""
    return all(_PAIR.fullmatch(part) for part in text.strip().rstrip(",").split(","))


def choices_from_text(text: str) -> Choices:
    """Read ``decision=option, ...``; ``str`` writes it."""
    return Choices([_PAIR.fullmatch(part).groups() for part in text.strip().rstrip(",").split(",")])
