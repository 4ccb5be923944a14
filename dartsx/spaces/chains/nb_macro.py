"""NAS-Bench-Macro's space (arXiv:2103.11922, section 4): eight layers, of which each is one of three blocks.

``layer0`` to ``layer7`` are the digits of the benchmark's names: identity, an inverted bottleneck of kernel 3 and
expansion 3, one of kernel 5 and expansion 6. Where a layer strides, the identity is a 1x1 convolution with batch norm.
Layers and widths are those of the authors' released training code; parameters and multiply-adds equal their table's.
"""

from dartsx.networks import Choice, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.trace import Block
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.scale import Scale

OPTIONS = ("identity", "k3e3", "k5e6")
"""Labels of the digits 0, 1 and 2."""
_STAGES = (2, 3, 3)  # layers, of which the first strides and doubles the channels
_HEAD = 1280


def write(scale: Scale) -> Network:
    """The open network; `Scale.channels` are those of the stem."""
    width, stages, number = scale.channels, [], 0
    for count in _STAGES:
        width *= 2
        stages.append(tuple(_layer(number + i, width, 2 if i == 0 else 1) for i in range(count)))
        number += count
    head = (ConvNorm(_HEAD, 1), Classifier(scale.classes))
    return Network("nb_macro", (ConvNorm(scale.channels, 3),), tuple(stages), head, "arXiv:2103.11922", scale.pixels)


def _layer(number: int, features: int, stride: int) -> Choice:
    shortcut = None if stride == 1 else ConvNorm(features, 1, stride, act=None)
    blocks: tuple[Block | None, ...] = (shortcut, _inverted(features, 3, 3, stride), _inverted(features, 5, 6, stride))
    return Choice(f"layer{number}", dict(zip(OPTIONS, blocks, strict=True)))


def _inverted(features: int, kernel: int, expansion: int, stride: int) -> InvertedBottleneck:
    return InvertedBottleneck(features, expansion, kernel=kernel, stride=stride, act="relu")


nb_macro = DescribedSpace(write, Scale(channels=32))
