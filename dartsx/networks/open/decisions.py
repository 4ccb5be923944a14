"""Decisions that a description leaves open, in order, each with the condition under which it counts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from dartsx.networks.open.place import Place

Pair = tuple[str, str]  # (decision, option)
_LABEL = re.compile(r"[A-Za-z0-9_.+-]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.+-]+(/[A-Za-z0-9_.+-]+)*", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Decision:
    """One of several options is chosen.

    Attributes:
      options: their labels.
      active_if: (decision, option), one of which must be chosen for this decision to count; () if it always does.
        A decision that does not count has no option.
    """

    options: tuple[str, ...]
    active_if: tuple[Pair, ...] = ()

    def active(self, choices: Mapping[str, str]) -> bool:
        """Whether it counts under these choices."""
        return not self.active_if or any(choices.get(name) == option for name, option in self.active_if)


class Register:
    """Collects decisions while a description is written down. The same name is the same decision."""

    def __init__(self):
        self._options: dict[str, tuple[str, ...]] = {}
        self._places: dict[str, list[Place]] = {}

    def declare(self, name: str, options: tuple[str, ...], place: Place) -> None:
        """Adds a decision, or another place at which it counts.

        Raises:
          ValueError: other options than before, none, or names that cannot be written.
        """
        _check(name, options)
        known = self._options.setdefault(name, options)
        if known != options:
            raise ValueError(
                f"decision {name} has options {', '.join(known)} and elsewhere {', '.join(options)}; the same name is "
                "the same decision"
            )
        places = self._places.setdefault(name, [])
        if place not in places:
            places.append(place)

    def ordered(self) -> dict[str, Decision]:
        """All decisions as they were met, but none before one that its condition names.

        Raises:
          ValueError: conditions that go in a circle.
        """
        left = {name: Decision(options, self._condition(name)) for name, options in self._options.items()}
        ordered: dict[str, Decision] = {}
        while left:
            ready = (n for n, d in left.items() if not any(condition in left for condition, _ in d.active_if))
            name = next(ready, None)
            if name is None:
                raise ValueError(f"decisions {', '.join(left)} are each inside an option of another one of them")
            ordered[name] = left.pop(name)
        return ordered

    def _condition(self, name: str) -> tuple[Pair, ...]:
        places = self._places[name]
        if not all(place.terms for place in places):
            return ()
        return tuple(dict.fromkeys((other, option) for place in places for _, other, option in place.terms))


def _check(name: str, options: tuple[str, ...]) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a decision's name has letters, digits and _.+-/ : got {name!r}")
    if not options:
        raise ValueError(f"decision {name} has no options")
    for option in options:
        if not _LABEL.fullmatch(option):
            raise ValueError(f"decision {name}: an option's label has letters, digits and _.+- : got {option!r}")
    if len(set(options)) < len(options):
        raise ValueError(f"decision {name} names an option twice: {', '.join(options)}")
