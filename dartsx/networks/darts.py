"""How DARTS stacks its cells: a stem, normal cells, and two that reduce at one and two thirds of the depth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dartsx.networks.blocks.candidates import Activated
from dartsx.networks.blocks.cell_graph import CellDesign
from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.description import Auxiliary, Network
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.trace import Block, Trace, Value

STEMS = ("cifar", "imagenet")
_SHRINKS = {"cifar": 1, "imagenet": 8}  # by how much the stem does


def reduction_layers(layers: int) -> tuple[int, ...]:
    """Indices of the reduction cells: at one and two thirds of the depth (arXiv:1806.09055, section 3.1)."""
    return tuple(sorted({layers // 3, 2 * layers // 3}))


def stack(
    cells: Mapping[str, CellDesign],
    channels: int,
    layers: int,
    classes: int,
    stem: str = "cifar",
    stem_multiplier: int = 3,
    auxiliary: bool = False,
    affine: bool = True,
    partial: int = 1,
    name: str | None = None,
    image_size: int | None = None,
) -> Network:
    """The network of a normal and a reduction cell (arXiv:1806.09055, sections 3.2 and 3.3).

    Args:
      cells: ``"normal"`` and ``"reduce"``.
      channels: width of the first cell's nodes; every reduction cell doubles it.
      layers: number of cells.
      classes: number of logits.
      stem: ``"cifar"``: one 3x3 convolution to `stem_multiplier` * channels; ``"imagenet"``: three that leave 1/4 and
        1/8 of the image, with `channels` channels.
      stem_multiplier: see `stem`.
      auxiliary: whether there is an auxiliary head, after the cell at two thirds of the depth.
      affine: batch norms inside of cells have scale and bias.
      partial: see `cell_graph.Partial`.
      name: name of the network; that of the stem by default.
      image_size: size of its images; 32 or (imagenet) 224 by default.

    Raises:
      ValueError: unknown stem, or channels or layers below 1.
    """
    check_choice("stem", stem, STEMS)
    check_positive("channels", channels)
    check_positive("layers", layers)
    stages, width, reductions = [], channels, reduction_layers(layers)
    for i in range(layers):
        kind, stride = ("reduce", 2) if i in reductions else ("normal", 1)
        width *= stride
        stages.append((cells[kind].at(width, stride, affine=affine, partial=partial),))
    return Network(
        name or stem,
        _stem(stem, stem_multiplier * channels if stem == "cifar" else channels),
        tuple(stages),
        (Classifier(classes),),
        "arXiv:1806.09055",
        image_size or (32 if stem == "cifar" else 224),
        ("stem", *(f"cell{i}" for i in range(layers)), "classifier"),
        _SHRINKS[stem] * 2 ** len(reductions),
        Auxiliary(f"cell{2 * layers // 3}", (AuxiliaryHead(classes, stem),)) if auxiliary else None,
    )


def _stem(kind: str, channels: int) -> tuple[Block, ...]:
    if kind == "cifar":
        return (ConvNorm(channels, 3, act=None),)
    quarter = Chain((ConvNorm(channels // 2, 3, 2), ConvNorm(channels, 3, 2, act=None)))
    return quarter, Activated(ConvNorm(channels, 3, 2, act=None))


@dataclasses.dataclass(frozen=True)
class AuxiliaryHead:
    """Second classifier: relu, 5x5 average, 1x1 to 128, 2x2 to 768, linear: [H, W, C] -> logits.

    On CIFAR the pool strides 3 and both convolutions are normalised; on ImageNet it strides 2 and, as in the original
    experiments, only the first is.
    """

    classes: int
    stem: str

    def build(self, trace: Trace, x: Value) -> Value:
        """The logits; the map must be 8x8 (cifar) or 7x7 (imagenet) at least."""
        small = self.stem == "cifar"
        y = trace.pool(trace.act(x, "relu"), "avg", 5, 3 if small else 2)
        y = trace.block(ConvNorm(128, 1), y, "conv1")
        y = trace.block(ConvNorm(768, 2, padding=0, norm=small, bias=False), y, "conv2")
        return trace.block(Classifier(self.classes), y)
