"""Described spaces with few blocks: supernets with all kinds of step that a space has, which compile quickly.

``--config.space.name=benchmarks.thin:proxyless``: stem, the first block of the first and of the last stage, head; of
every choice the first option, the last one that is a block, and the identity; of every depth the first two options; of
a trellis two layers.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from dartsx.networks import Choice, Depth, Network, Path
from dartsx.networks.blocks.path_cell import OpenPathCell
from dartsx.spaces import DescribedSpace, named_space


def __getattr__(name: str) -> DescribedSpace:
    """The thin form of a described space of this name.

    Raises:
      AttributeError: there is no such space.
    """
    if name.startswith("_"):
        raise AttributeError(name)
    space = named_space(name)
    if not isinstance(space, DescribedSpace):
        raise AttributeError(f"{name} is no described space")
    return DescribedSpace(lambda scale: thinned(space.description(scale)), space.scale)


def thinned(network: Network) -> Network:
    """The same network with fewer blocks and options."""
    ends = sorted({0, len(network.stages) - 1}) if network.stages else ()
    labels = network.labels and (network.labels[0], *(network.labels[1 + i] for i in ends), network.labels[-1])
    stages = tuple(fewer(network.stages[i][:1]) for i in ends)
    return dataclasses.replace(network, stages=stages, head=fewer(network.head), labels=labels)


def fewer(part: Any) -> Any:
    """A block, or a tuple of them, whose choices have fewer options."""
    if isinstance(part, Choice):
        blocks = [label for label, block in part.options if block is not None]
        kept = {blocks[0], blocks[-1]}
        return Choice(part.name, tuple((n, fewer(b)) for n, b in part.options if b is None or n in kept))
    if isinstance(part, Depth):
        options = part.options[:2]
        return Depth(part.name, options, fewer(part.blocks[: max(options)]))
    if isinstance(part, Path):
        return dataclasses.replace(part, layers=2)
    if isinstance(part, OpenPathCell):
        return dataclasses.replace(part, nodes=1, operations=(part.operations[0], part.operations[-1]))
    if isinstance(part, tuple):
        return getattr(type(part), "_make", tuple)([fewer(one) for one in part])
    if dataclasses.is_dataclass(part):
        fields = {field.name: getattr(part, field.name) for field in dataclasses.fields(part) if field.init}
        return dataclasses.replace(part, **{name: fewer(value) for name, value in fields.items()})
    return part
