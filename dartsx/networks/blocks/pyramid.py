"""Feature pyramids as graphs of merge cells: maps of several levels in, one map of every level out.

A pyramid's values are numbered: first the maps that come in, from the finest to the coarsest, then the results of its
cells (NAS-FPN, arXiv:1904.07392, section 3.1; details as in its released code, tensorflow/tpu, nasfpn.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from dartsx.networks.errors import check_choice
from dartsx.networks.layers import GlobalMax, Resize
from dartsx.networks.open.close import Choices
from dartsx.networks.open.graph import Pick, Read
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.place import Place
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Trace, Value

MERGES = ("sum", "attention")
Term = tuple[Value, Place]
Sets = Sequence[tuple[tuple[int, ...], Place]]


class Feature(NamedTuple):
    """A value of a pyramid: the map, its level, and where in an open network nothing has read it; None: nowhere."""

    map: Value
    level: int
    unread: Place | None


@dataclasses.dataclass(frozen=True)
class Merge:
    """How a cell merges what it reads: ``"sum"``, or ``"attention"`` of two maps.

    Attention is coarse + fine * sigmoid(m), m the maximum of the coarse map per channel. The map of the higher level is
    the coarse one, also if it comes second; of two maps of one level the first.
    """

    kind: Literal["sum", "attention"] = "sum"

    def __post_init__(self):
        check_choice("merging", self.kind, MERGES)

    def kinds(self, trace: Trace) -> tuple[tuple[str, Place], ...]:
        """Kinds, each with the place at which it is computed: this one here."""
        return ((self.kind, trace.place),)


@dataclasses.dataclass(frozen=True)
class OpenMerge:
    """Leaves open how a cell merges; `name` is the decision."""

    name: str

    def kinds(self, trace: Trace) -> tuple[tuple[str, Place], ...]:
        """Both kinds."""
        trace.decide(self.name, MERGES)
        return tuple((kind, trace.where(self.name, kind)) for kind in MERGES)

    def close(self, choices: Choices) -> Merge:
        """The chosen one."""
        return Merge(chosen(choices, self.name, MERGES))


@dataclasses.dataclass(frozen=True)
class MergeCell:
    """Values resized to one level and merged; then relu, 3x3 convolution and batch norm.

    Maps grow by nearest neighbours and shrink by the maximum. A cell that makes an output adds all earlier values of
    its level that nothing has read yet.

    Attributes:
      inputs: which values it reads.
      level: level of its result.
      merge: how they are merged.
      output: whether its result is the pyramid's map of that level.
      convolved: False for a cell that only merges.
      act: activation before the convolution; None for none.
    """

    inputs: Pick | Read
    level: int
    merge: Merge | OpenMerge = Merge()
    output: bool = False
    convolved: bool = True
    act: str | None = "relu"

    def build(self, trace: Trace, features: list[Feature], sizes: Mapping[int, tuple[int, int]]) -> Value:
        """The cell's result; what it reads is marked in `features`."""
        sets = self.inputs.sets(trace)
        sources = sorted({source for read, _ in sets for source in read})
        maps = {source: resized(trace, features[source], self.level, sizes) for source in sources}
        levels = {source: features[source].level for source in sources}
        merged = [(_MERGE[kind](trace, sets, maps, levels), place) for kind, place in self.merge.kinds(trace)]
        _mark_read(trace, sets, features)
        if self.output:
            merged = [(total(trace, merged), trace.place), *self._unread(features)]
        x = total(trace, merged)
        if not self.convolved:
            return x
        return trace.norm(trace.conv(trace.act(x, self.act), x.channels, 3, bias=True))

    def _unread(self, features: list[Feature]) -> Iterable[Term]:
        for number, feature in enumerate(features):
            if feature.level == self.level and feature.unread is not None:
                features[number] = feature._replace(unread=None)
                yield feature.map, feature.unread


@dataclasses.dataclass(frozen=True)
class Pyramid:
    """Merge cells one after the other.

    Attributes:
      cells: the cells; those that are outputs make one map of every level.

    Raises ValueError where a cell reads what does not exist yet, or the outputs are not one of every level.
    """

    cells: tuple[MergeCell, ...]

    def build(self, trace: Trace, maps: Mapping[int, Value]) -> dict[int, Value]:
        """From maps of equal width by level to others of the same levels, in the same order."""
        features = [Feature(x, level, trace.place) for level, x in maps.items()]
        sizes = {level: x.shape[:2] for level, x in maps.items()}
        made = {}
        for number, cell in enumerate(self.cells, 1):
            with trace.scope(f"cell{number}"):
                x = cell.build(trace, features, sizes)
            features.append(Feature(x, cell.level, trace.place))
            if cell.output:
                made[cell.level] = x
        if sorted(made) != sorted(maps):
            raise ValueError(f"a pyramid of levels {sorted(maps)} makes levels {sorted(made)}")
        return {level: made[level] for level in maps}


def resized(trace: Trace, feature: Feature, level: int, sizes: Mapping[int, tuple[int, int]]) -> Value:
    """A map brought to the size of another level: the maximum of windows, or nearest neighbours."""
    if feature.level < level:
        window = 2 ** (level - feature.level)
        return trace.pool(feature.map, "max", window, window, "same")
    return feature.map if feature.level == level else trace.add(Resize(sizes[level], "nearest"), feature.map)


def total(trace: Trace, terms: Sequence[Term]) -> Value:
    """The sum of values, each where its place exists; all of them where nothing is open."""
    values, places = zip(*terms, strict=True)
    if all(place is trace.place for place in places):
        return values[0] if len(values) == 1 else trace.sum(*values)
    return trace.add(Weighted(places, trace.place), *values)


def _joined(places: Iterable[Place]) -> Place:
    """Where one of several places, of which at most one can exist, does."""
    places = tuple(places)
    return places[0] if len(places) == 1 else Place(tuple(term for place in places for term in place.terms))


def _sum(trace: Trace, sets: Sets, maps: Mapping[int, Value], levels: Mapping[int, int]) -> Value:
    del levels
    read = {source: _joined(place for sources, place in sets if source in sources) for source in maps}
    return total(trace, [(maps[source], place) for source, place in read.items()])


def _attention(trace: Trace, sets: Sets, maps: Mapping[int, Value], levels: Mapping[int, int]) -> Value:
    """All coarse maps, and every fine map times the sum of the gates that it may get."""
    coarse: dict[int, list[Place]] = {}
    fine: dict[int, list[tuple[int, Place]]] = {}
    for sources, place in sets:
        gating, gated = sorted(sources, key=lambda source: -levels[source])
        coarse.setdefault(gating, []).append(place)
        fine.setdefault(gated, []).append((gating, place))
    gates = {source: trace.act(trace.add(GlobalMax(), maps[source]), "sigmoid") for source in coarse}
    terms = [(maps[source], _joined(places)) for source, places in coarse.items()]
    for source, gating in fine.items():
        gate = total(trace, [(gates[other], place) for other, place in gating])
        terms.append((trace.gate(maps[source], gate), trace.place))
    return total(trace, terms)


_MERGE = dict(zip(MERGES, (_sum, _attention), strict=True))


def _mark_read(trace: Trace, sets: Sets, features: list[Feature]) -> None:
    """Leaves values unread only where the set of what is read does not hold them."""
    for number, feature in enumerate(features):
        if feature.unread is None or not any(number in sources for sources, _ in sets):
            continue
        without = [term for sources, place in sets if number not in sources for term in place.terms]
        inside = Place(tuple((feature.unread, decision, option) for _, decision, option in without))
        features[number] = feature._replace(unread=inside if without else None)
