"""Where in an open network a layer stands: what must have been decided for it to exist."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from dartsx.networks.open.size import Weight


@dataclasses.dataclass(frozen=True, eq=False)
class Place:
    """A part of an open network that exists if one of these holds: a place exists and its decision has this option.

    Attributes:
      terms: (place, decision, option), of which at most one can hold; none: the part always exists (`ROOT`). Option k3
        of a choice has one term, the third block of a variable depth one for every option of 3 and more, a cell of a
        trellis one for every step by which a path can enter it.
    """

    terms: tuple[tuple[Place, str, str], ...] = ()


ROOT = Place()


def presence(place: Place, weight: Weight, base: Place = ROOT, known: dict[Place, Any] | None = None) -> Any:
    """Weight with which a place exists under a mixture: the sum over its terms of the products along the way.

    Args:
      place: see above.
      weight: (decision, option) -> entry of the mixture.
      base: the place that counts as existing.
      known: results for the same mixture and base, to be shared between calls.

    Returns:
      1 for the base itself; at one-hot mixtures 0 or 1 for all places.
    """
    known = {} if known is None else known
    if place is base or not place.terms:
        return 1
    if place not in known:
        terms = (presence(at, weight, base, known) * weight(name, option) for at, name, option in place.terms)
        known[place] = sum(terms)
    return known[place]


def exists(place: Place, choices: Mapping[str, str]) -> bool:
    """Whether a place exists under these choices."""
    return bool(presence(place, lambda name, option: int(choices.get(name) == option)))
