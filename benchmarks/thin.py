"""Described spaces with few blocks: supernets with all kinds of step that a space has, which compile quickly.

``--config.space.name=benchmarks.thin:proxyless``: stem, the first block of the first and of the last stage, head; of
every choice the first option, the last one that is a block, and the identity; of every depth the first two options; of
a trellis two layers.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from dartsx.networks import Choice, Depth, Network, Path
from dartsx.networks.blocks.path_cell import OpenPathCell
from dartsx.spaces import DescribedSpace, named_space


def __getattr__(name: str) -> DescribedSpace:
    """The thin form of a described space of this name.

    Raises:
      AttributeError: the space is no described one.
      SpaceError: there is no such space, or its networks share no supernet.
    """
    if name.startswith("_"):
        raise AttributeError(name)
    space = named_space(name)
    description = space.description
    return DescribedSpace(lambda scale: thinned(description(scale)), space.scale)


def thinned(network: Network) -> Network:
    """The same network with fewer blocks and options."""
    ends = sorted({0, len(network.stages) - 1}) if network.stages else ()
    labels = network.labels and (network.labels[0], *(network.labels[1 + i] for i in ends), network.labels[-1])
    stages = tuple(fewer(network.stages[i][:1]) for i in ends)
    return dataclasses.replace(network, stages=stages, head=fewer(network.head), labels=labels)


@functools.singledispatch
def fewer(part: Any) -> Any:
    """A part of a description, or a tuple of them, whose choices have fewer options."""
    if not dataclasses.is_dataclass(part):
        return part
    fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part) if field.init}
    return dataclasses.replace(part, **{name: fewer(value) for name, value in fields.items()})


@fewer.register
def _(parts: tuple) -> tuple:
    return getattr(type(parts), "_make", tuple)([fewer(part) for part in parts])


@fewer.register
def _(choice: Choice) -> Choice:
    blocks = [label for label, block in choice.options if block is not None]
    kept = {blocks[0], blocks[-1]}
    return Choice(choice.name, tuple((n, fewer(b)) for n, b in choice.options if b is None or n in kept))


@fewer.register
def _(depth: Depth) -> Depth:
    options = depth.options[:2]
    return Depth(depth.name, options, fewer(depth.blocks[: max(options)]))


@fewer.register
def _(path: Path) -> Path:
    return dataclasses.replace(path, layers=2)


@fewer.register
def _(cell: OpenPathCell) -> OpenPathCell:
    return dataclasses.replace(cell, nodes=1, operations=(cell.operations[0], cell.operations[-1]))
