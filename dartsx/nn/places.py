"""Where the fast modules of cells keep the arrays of the steps that their descriptions list.

They keep weights by edge, and those of equal neighbouring cells as one array; a `DescribedNetwork` keeps them by step.
With the places known, variables go from one form to the other: out, to whatever reads a list of steps, and in, from
checkpoints of other programs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dartsx.kernels.channel_major.primitives import Primitive, norm_widths
from dartsx.networks.layers import Linear, Norm, Shape
from dartsx.networks.step import Step

STATISTICS = ("mean", "var")  # of a batch norm, besides its weights
_CELL = re.compile(r"(cell\d+)/(pre\d|\d+-\d+)")


class Place(NamedTuple):
    """Keys that lead to an array among a module's variables, and its row there if equal cells share the array."""

    keys: tuple[str, ...]
    row: int | None = None


Places = Mapping[str, Mapping[str, Place]]  # step -> array -> place


class Part(NamedTuple):
    """The arrays of a part of a network, in order of computation.

    Attributes:
      weights: kernels and biases of convolutions and linear layers.
      norms: scale, bias, mean and variance of every batch norm.
    """

    weights: tuple[Place, ...]
    norms: tuple[tuple[Place, Place, Place, Place], ...]


def shapes_of(step: Step) -> dict[str, Shape]:
    """Shapes of the arrays that a step keeps: its weights, and the running statistics of a batch norm."""
    shapes = {name: weight.shape for name, weight in step.weights.items()}
    return shapes | (dict.fromkeys(STATISTICS, step.shape[-1:]) if isinstance(step.layer, Norm) else {})


def collection_of(array: str) -> str:
    """The collection in which a `DescribedNetwork` keeps an array of this name."""
    return "batch_stats" if array in STATISTICS else "params"


def own_places(steps: Sequence[Step]) -> Places:
    """The places of a `DescribedNetwork`: all arrays under the names of their steps."""
    return {
        step.name: {array: Place((collection_of(array), step.name, array)) for array in shapes_of(step)}
        for step in steps
        if shapes_of(step)
    }


def places_by_part(steps: Sequence[Step], part_of: Callable[[str, Sequence[Step]], Part]) -> Places:
    """Places of steps whose module tells those of its parts, (name of a part, its steps) -> `Part`."""
    places: dict[str, dict[str, Place]] = {}
    for name, members in _parts(steps).items():
        part = part_of(name, members)
        weights, norms = iter(part.weights), iter(part.norms)
        for step in members:
            if isinstance(step.layer, Norm):
                places[step.name] = dict(zip(("scale", "bias", *STATISTICS), next(norms), strict=True))
            else:
                places[step.name] = {array: next(weights) for array in step.weights}
        assert next(weights, None) is None and next(norms, None) is None, name
    return places


def to_steps(places: Places, variables: Mapping[str, Any], steps: Sequence[Step]) -> dict[str, dict[str, Any]]:
    """A module's variables as those of a `DescribedNetwork` of these steps, as NumPy arrays."""
    found: dict[str, dict[str, Any]] = {"params": {}, "batch_stats": {}}
    for step in steps:
        for array, shape in shapes_of(step).items():
            place = places[step.name][array]
            value = np.asarray(_at(variables, place.keys))
            value = value if place.row is None else value[place.row]
            found[collection_of(array)].setdefault(step.name, {})[array] = value.reshape(shape)
    return found


def from_steps(places: Places, described: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a `DescribedNetwork` as those of a module.

    Args:
      places: the module's, of all its arrays.
      described: variables of a `DescribedNetwork` with the module's description.
      like: arrays, or their shapes and dtypes, with the structure of the module's variables.
    """
    made = _copied(like)
    for step, arrays in places.items():
        for array, place in arrays.items():
            target = _at(made, place.keys)
            target = target if place.row is None else target[place.row]
            target[...] = np.asarray(described[collection_of(array)][step][array]).reshape(target.shape)
    return made


# --------------------------------------------------------------------------------- the parts of modules of cells
def convolution(*keys: str) -> Place:
    """The kernel of a module of this path."""
    return Place(("params", *keys, "kernel"))


def batch_norm(*keys: str) -> tuple[Place, Place, Place, Place]:
    """The arrays of a batch norm module of this path."""
    stats = ("batch_stats", *keys, "norms", "norm", "bn")
    weights = (Place(("params", *keys, name)) for name in ("scale", "bias"))
    return *weights, *(Place((*stats, name)) for name in STATISTICS)


def preprocessing(members: Sequence[Step], *keys: str) -> Part:
    """The arrays of what brings an input of a cell to its width: a convolution, or two that reduce."""
    names = [("conv", "kernel")]
    if len(members) == 3:
        names = [("reduction", "conv_a"), ("reduction", "conv_b")]
    return Part(tuple(Place(("params", *keys, *name)) for name in names), (batch_norm(*keys, "bn"),))


def operation(primitive: Primitive, channels: int, stride: int, *keys: str) -> Part:
    """The arrays of an operation on an edge."""
    weights = tuple(Place(("params", *keys, "weights", name)) for name in primitive.weights(channels, stride))
    norms = {} if primitive.per_source else norm_widths(primitive, channels, stride)
    return Part(weights, tuple(_norm_on_edge(keys, norm) for norm in norms))


def classifier(*keys: str) -> Part:
    """The arrays of a linear layer."""
    return Part(tuple(Place(("params", *keys, name)) for name in ("kernel", "bias")), ())


def joined(parts: Iterable[Part]) -> Part:
    """Several parts as one, in order."""
    parts = tuple(parts)
    return Part(*(tuple(place for part in parts for place in part[kind]) for kind in (0, 1)))


def in_row(part: Part, row: int) -> Part:
    """The same arrays as this row of arrays that several cells share."""
    placed = lambda places: tuple(place._replace(row=row) for place in places)  # noqa: E731
    return Part(placed(part.weights), tuple(placed(norm) for norm in part.norms))


def numbered(members: Sequence[Step], *keys: str, start: int = 0) -> Part:
    """The arrays of modules conv0, bn0, conv1, bn1, ... and of a classifier where the last step is linear."""
    norms = [step for step in members if isinstance(step.layer, Norm)]
    linear = classifier(*keys, "classifier").weights if isinstance(members[-1].layer, Linear) else ()
    convs = range(start, start + len(members) - len(norms) - bool(linear))
    return Part(
        (*(convolution(*keys, f"conv{i}") for i in convs), *linear),
        tuple(batch_norm(*keys, f"bn{i}") for i in range(start, start + len(norms))),
    )


def _norm_on_edge(keys: tuple[str, ...], norm: str) -> tuple[Place, Place, Place, Place]:
    weights = (Place(("params", *keys, f"{norm}_{name}")) for name in ("scale", "bias"))
    return *weights, *(Place(("batch_stats", *keys, "norms", "op", norm, name)) for name in STATISTICS)


def _parts(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """Steps with arrays, by part: ``cell0/pre1``, ``cell0/0-2``, and the first name of all others."""
    parts: dict[str, list[Step]] = {}
    for step in steps:
        if shapes_of(step):
            cell = _CELL.match(step.name)
            parts.setdefault(cell[0] if cell else step.name.split("/")[0], []).append(step)
    return parts


def _at(tree: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        tree = tree[key]
    return tree


def _copied(like: Any) -> Any:
    if isinstance(like, Mapping):
        return {name: _copied(value) for name, value in like.items()}
    return np.zeros(like.shape, like.dtype)
