"""What chains of inverted bottlenecks have in common: stem, positions in stages, head."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dartsx.networks import Choice
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.description import Network
from dartsx.networks.trace import Block
from dartsx.spaces.scale import Scale

IMAGENET = Scale(classes=1000, stem="imagenet", image_size=224)


class Stage(NamedTuple):
    """A row of a paper's table: output channels, number of positions, stride of the first."""

    features: int
    count: int
    stride: int


class Position(NamedTuple):
    """A place for a block.

    Attributes:
      name: prefix of the names of its decisions, such as ``stage2/block1``.
      features: output channels.
      stride: 1 or 2.
      keeps: whether the block before makes as many channels and this one does not stride.
    """

    name: str
    features: int
    stride: int
    keeps: bool


@dataclasses.dataclass(frozen=True)
class Backbone:
    """Widths of a chain.

    Attributes:
      stem: channels of the first convolution, which strides.
      first: channels of the fixed block behind it.
      stages: positions of every stage.
      head: channels of the last 1x1 convolution.
      act: activation of stem and head.
    """

    stem: int
    first: int
    stages: tuple[Stage, ...]
    head: int
    act: str


def positions(stages: tuple[Stage, ...], scale: Scale, before: int = 0) -> tuple[tuple[Position, ...], ...]:
    """The positions of every stage; the first stage that strides keeps the size behind a stem for small images.

    Args:
      stages: rows of the table.
      scale: the scale whose stem counts.
      before: channels that enter the first stage.
    """
    made, kept = [], scale.stem != "cifar"
    for i, (features, count, given) in enumerate(stages, 1):
        stride = given if kept else 1
        kept = kept or given > 1
        made.append(
            tuple(
                Position(
                    f"stage{i}/block{j}",
                    features,
                    stride if j == 1 else 1,
                    j > 1 or (given == 1 and features is before),
                )
                for j in range(1, count + 1)
            )
        )
        before = features
    return tuple(made)


def stem(channels: int, act: str, scale: Scale, kernel: int = 3) -> ConvNorm:
    """The first convolution, of stride 1 for small images."""
    return ConvNorm(channels, kernel, 1 if scale.stem == "cifar" else 2, act=act)


def crossed(prefix: str, options: Mapping[str, Mapping[str, Any]], make: Callable[..., Block]) -> Block:
    """A block of which several things are decided, each by a decision of its own, ``prefix/name``.

    Args:
      prefix: prefix of the names of the decisions.
      options: name -> label -> value.
      make: makes the block of a value for every name.

    Example: ``crossed("op", {"kernel": {"3": 3, "5": 5}, "se": {"no": None, "yes": gate}}, lambda kernel, se: ...)``.
    """
    if not options:
        return make()
    (name, values), *rest = options.items()
    inner = {
        label: crossed(prefix, dict(rest), lambda value=value, **others: make(**{name: value}, **others))
        for label, value in values.items()
    }
    return Choice(f"{prefix}/{name}", inner)


def ends(name: str, backbone: Backbone, body: tuple[tuple[Block, ...], ...], scale: Scale, source: str) -> Network:
    """The network of a stem, stages and MobileNetV2's head."""
    return Network(
        name,
        (stem(backbone.stem, backbone.act, scale),),
        body,
        (ConvNorm(backbone.head, 1, act=backbone.act), Classifier(scale.classes, 0.2)),
        source,
        scale.pixels,
    )
