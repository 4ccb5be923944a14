"""Sorts the channels of open widths by importance, so that narrower options keep the important ones.

Once-for-all (arXiv:1908.09791, section 3.4): before widths shrink, the expanded channels of every block are put in the
order of the absolute sums of the weights that read them. Whatever makes, scales, filters or reads these channels is
permuted alike, so that the network of the widest options computes what it did.

The released code looks at the weights of the projection alone, here those of squeeze-and-excite count too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from dartsx.networks import Step, layers
from dartsx.networks.open.layers import Mixed, Weighted
from dartsx.networks.open.size import axes_of
from dartsx.networks.step import primitive
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.nn.sharing import Sharing

Axis = tuple[str, str, int]  # (name under which arrays are held, array, axis)
Params = Mapping[str, Mapping[str, Any]]


class _Groups:
    """Sets of channels that are the same ones: by what holds them and by what reads them."""

    def __init__(self):
        self._parent: list[int] = []
        self._open: set[int] = set()  # of which the number is a decision
        self._fixed: set[int] = set()  # that must keep their order
        self._axes: dict[tuple[str, Axis], int] = {}  # role and axis -> group

    def new(self, is_open: bool) -> int:
        self._parent.append(len(self._parent))
        if is_open:
            self._open.add(self._parent[-1])
        return self._parent[-1]

    def find(self, group: int) -> int:
        while self._parent[group] != group:
            group = self._parent[group]
        return group

    def join(self, groups: Sequence[int]) -> int:
        first = self.find(groups[0])
        for group in groups[1:]:
            self._parent[self.find(group)] = first
        return first

    def fix(self, groups: Sequence[int]) -> None:
        self._fixed.update(groups)

    def add(self, role: str, axis: Axis, group: int) -> None:
        """Says that an axis of an array runs over the group; arrays that are shared make their groups one."""
        self._axes[role, axis] = self.join([self._axes.get((role, axis), group), group])

    def sortable(self) -> list[dict[str, list[Axis]]]:
        """Of every group that may be sorted, the axes that hold and those that read it."""
        fixed, opened = ({self.find(group) for group in found} for found in (self._fixed, self._open))
        found: dict[int, dict[str, list[Axis]]] = {}
        for (role, axis), group in self._axes.items():
            found.setdefault(self.find(group), {"holds": [], "reads": []})[role].append(axis)
        return [axes for group, axes in found.items() if group in opened - fixed and axes["reads"]]


def sorted_channels(supernet: OpenSupernet, params: Params, statistics: Params) -> tuple[Params, Params]:
    """The variables of the same networks, with open widths in the order of importance.

    Args:
      supernet: whose variables these are.
      params: weights.
      statistics: running statistics.
    """
    steps = supernet.description.trace()
    inside = tuple(primitive(steps))
    own = {step.name: step.name for step in inside if step.weights}
    owners = own if supernet.sharing == "none" else Sharing(inside).owners
    groups = _Groups()
    _walk(steps, None, owners, groups)
    norms = [step for step in inside if isinstance(step.layer, layers.Norm)]
    params = {owner: dict(arrays) for owner, arrays in params.items()}
    statistics = dict(statistics)
    for axes in groups.sortable():
        importance = sum(_sums(params[owner][name], axis) for owner, name, axis in axes["reads"])
        order = jnp.argsort(-importance)
        for owner, name, axis in (*axes["holds"], *axes["reads"]):
            params[owner][name] = jnp.take(params[owner][name], order, axis)
        held = {owner for owner, name, _ in axes["holds"] if name == "scale"}
        for step in norms:
            if owners[step.name] in held and statistics[step.name]["mean"].shape == order.shape:
                statistics[step.name] = {kind: value[order] for kind, value in statistics[step.name].items()}
    return params, statistics


def _sums(array: Any, axis: int) -> Any:
    return jnp.abs(array).sum([i for i in range(array.ndim) if i != axis])


def _walk(steps: Sequence[Step], given: int | None, owners: Mapping[str, str], groups: _Groups) -> int:
    """Enters all layers; returns the group of the last one's channels."""
    values: list[int] = []
    for step in steps:
        if isinstance(step.layer, layers.Input):
            values.append(groups.new(False) if given is None else given)
            continue
        read = [values[i] for i in step.inputs]
        if isinstance(step.layer, Mixed):
            values.append(groups.join([_walk(branch, read[0], owners, groups) for branch in step.layer.branches]))
        else:
            values.append(_enter(step, read, owners.get(step.name, ""), groups))
    return values[-1]


def _enter(step: Step, read: Sequence[int], owner: str, groups: _Groups) -> int:
    """The group of a layer's channels."""
    layer = step.layer
    if step.tied:
        raise ValueError(f"{step.name} computes with the arrays of {step.tied}: their channels cannot be sorted")
    if isinstance(layer, layers.Conv | layers.Linear):
        return _product(step, read[0], owner, groups)
    if isinstance(layer, layers.Norm):
        for name in step.weights:
            groups.add("holds", (owner, name, 0), read[0])
        return read[0]
    if isinstance(layer, _SAME) or len(read) == 1 and isinstance(layer, layers.Concat):  # of one value: the value
        return groups.join(read)
    made = groups.new(False)
    groups.fix([*read, made])
    return made


def _product(step: Step, read: int, owner: str, groups: _Groups) -> int:
    layer, last = step.layer, len(step.weights["kernel"].shape) - 1
    split = getattr(layer, "groups", 1)
    each = split != 1 and split == step.input_shapes[0][-1] and layer.features == split
    made = read if each else groups.new(bool(axes_of(step.shape[-1])))
    if split == 1:
        groups.add("reads", (owner, "kernel", last - 1), read)
    elif not each:
        groups.fix([read, made])
    for name in step.weights:
        groups.add("holds", (owner, name, last if name == "kernel" else 0), made)
    return made


# Layers that leave channels where they are, and those that put values on top of one another.
_SAME = (
    layers.Activation,
    layers.Add,
    layers.DropPath,
    layers.Dropout,
    layers.GlobalPool,
    layers.Identity,
    layers.Multiply,
    layers.Pool,
    layers.Resize,
    layers.Scaled,
    layers.Zero,
    Weighted,
)
