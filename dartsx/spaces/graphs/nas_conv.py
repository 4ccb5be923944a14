"""Zoph and Le's convolutional networks (arXiv:1611.01578, sections 3.3 and 4.1): 15 layers with anchors.

| decision of a layer | options |
|---|---|
| height, width of the filters | 1, 3, 5, 7 |
| filters | 24, 36, 48, 64 |
| an anchor per layer before | read or not |

(4 x 4 x 4)^15 x 2^(15 x 14 / 2) = 2^195 architectures. The paper's second experiment lets strides of height and width
be 1, 2 or 3 besides (`count` with ``strides=3``); they are 1 here, as in its first. A layer reads the concatenation of
all layers whose anchor is set, or the images if there are none; behind the last layer all results that none reads are
concatenated. Layers are convolution, batch norm, ReLU.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dartsx.networks import Decision, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.trace import Trace, Value
from dartsx.spaces.scale import CIFAR, Scale
from dartsx.spaces.written_space import WrittenSpace

KERNELS, FILTERS, ANCHOR = ("1", "3", "5", "7"), ("24", "36", "48", "64"), ("no", "yes")


@dataclasses.dataclass(frozen=True)
class Anchored:
    """Layers that read earlier layers.

    Attributes:
      rows: height, width, filters, and the numbers of the layers that are read, from 1.
    """

    rows: tuple[tuple[int, int, int, tuple[int, ...]], ...]

    def build(self, trace: Trace, x: Value) -> Value:
        """All layers, and the concatenation of those that none reads."""
        values, unread = [x], set(range(1, len(self.rows) + 1))
        for i, (height, width, filters, sources) in enumerate(self.rows, 1):
            with trace.scope(f"layer{i}"):
                y = trace.concat(*(values[source] for source in sources or (0,)))
                values.append(trace.block(ConvNorm(filters, (height, width)), y))
            unread -= set(sources)
        return trace.concat(*(values[i] for i in sorted(unread)))


def space(layers: int, scale: Scale = CIFAR) -> WrittenSpace:
    """The space of so many layers."""
    decisions: dict[str, Decision] = {}
    for i in range(1, layers + 1):
        decisions |= {f"layer{i}/{side}": Decision(KERNELS) for side in ("height", "width")}
        decisions[f"layer{i}/filters"] = Decision(FILTERS)
        decisions |= {f"layer{i}/anchor{j}": Decision(ANCHOR) for j in range(1, i)}

    def write(choices: Mapping[str, str], scale: Scale) -> Network:
        rows = []
        for i in range(1, layers + 1):
            height, width, filters = (int(choices[f"layer{i}/{part}"]) for part in ("height", "width", "filters"))
            sources = tuple(j for j in range(1, i) if choices[f"layer{i}/anchor{j}"] == "yes")
            rows.append((height, width, filters, sources))
        body = ((Anchored(tuple(rows)),),)
        return Network("nas_conv", (), body, (Classifier(scale.classes),), "arXiv:1611.01578, figure 4", scale.pixels)

    return WrittenSpace(decisions, write, scale)


def count(layers: int, strides: int = 1) -> int:
    """Number of architectures where strides of height and width have so many options each."""
    return (len(KERNELS) ** 2 * len(FILTERS) * strides**2) ** layers * 2 ** (layers * (layers - 1) // 2)


nas_conv = space(15)
