"""The network of NAS-Bench-201 (arXiv:2001.00326, section 2): three stages of equal cells, residual blocks between."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.cell_graph import CellDesign
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.description import Network
from dartsx.networks.errors import check_positive
from dartsx.networks.layers import Activation, Norm
from dartsx.networks.trace import Trace, Value

STAGES = 3


@dataclasses.dataclass(frozen=True)
class ResidualReduction:
    """y = F(x) + conv1x1(mean2x2(x)), F = twice norm 3x3 relu: [H, W, C] -> [H / 2, W / 2, features]."""

    features: int

    def build(self, trace: Trace, x: Value) -> Value:
        """Two convolutions, of which the first strides, and the shortcut without batch norm."""
        y = x
        for i, stride in enumerate((2, 1)):
            y = trace.norm(trace.conv(trace.act(y, "relu"), self.features, 3, stride, name=f"conv{i}"), name=f"norm{i}")
        return trace.sum(y, trace.conv(trace.pool(x, "avg", 2, 2), self.features, 1, name="shortcut"))


def staged(
    cell: CellDesign,
    channels: int = 16,
    layers: int = 5,
    classes: int = 10,
    affine: bool = True,
    partial: int = 1,
    image_size: int = 32,
) -> Network:
    """Stem, stages of `layers` cells with C, 2C and 4C channels, batch norm, relu, classifier.

    Args:
      cell: the cell, of one input; all cells are equal.
      channels: C.
      layers: cells in each stage.
      classes: number of logits.
      affine: batch norms inside of cells have scale and bias; all others have them in any case.
      partial: see `cell_graph.Partial`.
      image_size: height and width.

    Raises:
      ValueError: channels or layers below 1.
    """
    check_positive("channels", channels)
    check_positive("cells per stage", layers)
    parts = {"stem": (ConvNorm(channels, 3, act=None),)}
    for stage in range(STAGES):
        width = channels * 2**stage
        if stage:
            parts[f"reduction{stage}"] = (ResidualReduction(width),)
        for i in range(stage * layers, (stage + 1) * layers):
            parts[f"cell{i}"] = (cell.at(width, inputs=1, affine=affine, partial=partial),)
    parts |= {"last_bn": (Norm(), Activation("relu")), "classifier": (Classifier(classes),)}
    stem, *stages, head = parts.values()
    source, divisor = "arXiv:2001.00326", 2 ** (STAGES - 1)
    return Network("nb201", stem, tuple(stages), head, source, image_size, tuple(parts), divisor)
