"""From the maps of a backbone to what a one-stage detector says of an image: pyramid and head (RetinaNet)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from dartsx.networks.anchors import COORDINATES, LEVELS, RETINANET
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.pyramid import Pyramid
from dartsx.networks.layers import Rows
from dartsx.networks.trace import Trace, Value

LOWEST = 3  # number of the finest level, P3


@dataclasses.dataclass(frozen=True)
class RetinaHead:
    """Scores and offsets of anchors from the maps of all levels (arXiv:1708.02002, section 4).

    Two towers of 3x3 convolutions whose arrays all levels share, each followed by a batch norm of the level's own, as
    in the code that NAS-FPN was released with; the paper has no norms.

    Attributes:
      classes: number of classes.
      anchors: anchors of a pixel.
      features: channels of the towers.
      depth: convolutions of a tower before the last one.
    """

    classes: int
    anchors: int = RETINANET.count
    features: int = 256
    depth: int = 4

    def build(self, trace: Trace, maps: Sequence[Value]) -> Value:
        """Rows of all anchors."""
        scores = self._tower(trace, maps, "classes", self.classes)
        offsets = self._tower(trace, maps, "boxes", COORDINATES)
        return trace.add(Rows(self.classes, self.anchors), *scores, *offsets)

    def _tower(self, trace: Trace, maps: Sequence[Value], name: str, size: int) -> list[Value]:
        made, first = [], [None] * (self.depth + 1)
        for level, x in enumerate(maps, LOWEST):
            with trace.scope(name), trace.scope(f"level{level}"):
                for i in range(self.depth):
                    x = trace.conv(x, self.features, 3, bias=True, name=f"conv{i + 1}", tied=first[i])
                    first[i] = first[i] or x
                    x = trace.act(trace.norm(x, name=f"norm{i + 1}"), "relu")
                x = trace.conv(x, self.anchors * size, 3, bias=True, name="last", tied=first[-1])
                first[-1] = first[-1] or x
            made.append(x)
        return made


@dataclasses.dataclass(frozen=True)
class Detector:
    """Pyramids one after the other on the maps of a backbone, and a head on the last.

    Maps of the backbone get one width by 1x1 convolution and batch norm; coarser levels than it has follow by maximum
    pools of its last map.

    Attributes:
      maps: positions of the blocks that make the backbone's maps, from the finest, among all blocks of the network.
      features: channels of the pyramids.
      pyramids: the pyramids.
      head: the head.
    """

    maps: tuple[int, ...]
    features: int
    pyramids: tuple[Pyramid, ...]
    head: RetinaHead

    def build(self, trace: Trace, x: Value) -> Value:
        """Levels, pyramids, head."""
        levels: dict[int, Value] = {}
        for level in range(LOWEST, LOWEST + LEVELS):
            if level - LOWEST < len(self.maps):
                entering = trace.results[self.maps[level - LOWEST]]
                levels[level] = trace.block(
                    ConvNorm(self.features, 1, act=None, bias=True), entering, f"lateral{level}"
                )
            else:
                levels[level] = trace.pool(levels[level - 1], "max", 2, 2, "same")
        for number, pyramid in enumerate(self.pyramids, 1):
            with trace.scope(f"pyramid{number}"):
                levels = pyramid.build(trace, levels)
        with trace.scope("head"):
            return self.head.build(trace, tuple(levels.values()))
