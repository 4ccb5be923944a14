"""Detectors: a backbone, a pyramid, RetinaNet's head. NAS-FPN's pyramid, and the hand-made FPN, PANet and BiFPN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.detector import Detector, RetinaHead
from dartsx.networks.blocks.pyramid import Merge, MergeCell, Pyramid
from dartsx.networks.blocks.residual import BasicBlock
from dartsx.networks.description import Network
from dartsx.networks.open.graph import Read
from dartsx.networks.resnet import resnet

SOURCE = "arXiv:1904.07392"
COCO = 80  # classes
# Cells of NAS-FPN's pyramid: inputs, level, how they are merged, whether the result is an output (nasfpn.py of
# tensorflow/tpu at 7dc921f846; figure 6 of the paper).
NAS_FPN = (
    ((1, 3), 4, "attention", False),
    ((1, 5), 4, "sum", False),
    ((0, 6), 3, "sum", True),
    ((6, 7), 4, "sum", True),
    ((7, 8), 5, "attention", True),
    ((6, 9), 7, "attention", True),
    ((9, 10), 6, "attention", True),
)


def nas_fpn() -> Pyramid:
    """The pyramid that NAS-FPN's search found, 7 merge cells."""
    return Pyramid(tuple(MergeCell(Read(read), level, Merge(kind), out) for read, level, kind, out in NAS_FPN))


def fpn() -> Pyramid:
    """FPN (arXiv:1612.03144): sums from level 5 down to 3, then a convolution on every level.

    Levels 6 and 7 get one as well, on pools of level 5, where RetinaNet has strided convolutions.
    """
    sums = tuple(_sum(read, level) for read, level in (((1, 2), 4), ((0, 5), 3)))
    made = ((6, 3), (5, 4), (2, 5), (3, 6), (4, 7))
    return Pyramid((*sums, *(MergeCell(Read((source,)), level, output=True, act=None) for source, level in made)))


def panet() -> Pyramid:
    """PANet (arXiv:1803.01534): FPN's sums, then sums from level 3 up to 7, a convolution on every level.

    Maps shrink by maximum pools, where the paper has strided convolutions.
    """
    sums = tuple(_sum(read, level) for read, level in (((1, 2), 4), ((0, 5), 3)))
    up = (((6,), 3), ((5, 7), 4), ((2, 8), 5), ((3, 9), 6), ((4, 10), 7))
    return Pyramid((*sums, *(MergeCell(Read(read), level, output=True, act=None) for read, level in up)))


def bifpn() -> Pyramid:
    """The graph of BiFPN (arXiv:1911.09070, figure 2d), of plain sums and dense convolutions.

    The paper weighs what is summed by trained numbers, and its convolutions are depthwise-separable.
    """
    down = (((3, 4), 6), ((2, 5), 5), ((1, 6), 4))
    up = (((0, 7), 3), ((1, 7, 8), 4), ((2, 6, 9), 5), ((3, 5, 10), 6), ((4, 11), 7))
    cells = [MergeCell(Read(read), level) for read, level in down]
    return Pyramid((*cells, *(MergeCell(Read(read), level, output=True) for read, level in up)))


class Named(NamedTuple):
    """What makes a pyramid, and how often it stands in `retinanet` and in `small_detector`."""

    make: Callable[[], Pyramid]
    on_resnet: int
    small: int


# NAS-FPN's as published; small ones have between 13.9 and 14.4 million multiply-adds.
PYRAMIDS: Mapping[str, Named] = {
    "nas_fpn": Named(nas_fpn, 7, 2),
    "fpn": Named(fpn, 1, 3),
    "panet": Named(panet, 1, 3),
    "bifpn": Named(bifpn, 1, 2),
}


def retinanet(pyramid: Pyramid, features: int = 256, repeats: int = 1, classes: int = COCO, size: int = 640) -> Network:
    """A detector on ResNet-50, whose finest map has stride 8.

    Args:
      pyramid: the pyramid, closed or open.
      features: channels of pyramids and head.
      repeats: how many such pyramids stand one after the other, with weights of their own.
      classes: number of classes.
      size: height and width of the images.
    """
    backbone = resnet(50)
    ends = [len(backbone.stem) + sum(map(len, backbone.stages[: i + 1])) - 1 for i in (1, 2, 3)]
    detector = Detector(tuple(ends), features, (pyramid,) * repeats, RetinaHead(classes, features=features))
    return Network("retinanet", backbone.stem, backbone.stages, (detector,), SOURCE, size, writes="boxes")


def small_detector(
    pyramid: Pyramid, features: int = 16, repeats: int = 1, classes: int = 10, size: int = 64
) -> Network:
    """A detector for small images: a stem and three residual blocks, whose finest map has stride 4; arguments as above.

    Its towers have two convolutions.
    """
    stem = (ConvNorm(features, 3, 2),)
    stages = tuple((BasicBlock(width, 2),) for width in (features, 3 * features // 2, 2 * features))
    head = RetinaHead(classes, features=features, depth=2)
    detector = Detector((1, 2, 3), features, (pyramid,) * repeats, head)
    return Network("small_detector", stem, stages, (detector,), SOURCE, size, writes="boxes")


def _sum(read: tuple[int, ...], level: int) -> MergeCell:
    return MergeCell(Read(read), level, convolved=False)
