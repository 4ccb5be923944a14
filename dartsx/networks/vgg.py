"""VGG-11, 13, 16, 19 (arXiv:1409.1556, table 1, columns A, B, D, E), with and without batch norm."""

from __future__ import annotations

from dartsx.networks.blocks.conv import Classifier, ConvNorm, Dense
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice
from dartsx.networks.layers import AdaptivePool, Dropout, Flatten, Pool

# 3x3 convolutions before each max pool.
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
WIDTHS = (64, 128, 256, 512, 512)
HEADS = ("imagenet", "cifar")


def vgg(depth: int, norm: bool = False, classes: int = 1000, head: str = "imagenet") -> Network:
    """VGG; batch norm, where asked for, follows every convolution, which keeps its bias (as in torchvision).

    Args:
      depth: layers with weights: 11, 13, 16 or 19.
      norm: whether there are batch norms.
      classes: number of logits.
      head: ``"imagenet"``, two hidden layers of 4,096, or ``"cifar"``, an average and one linear layer, as is usual
        for small images.

    Raises:
      ValueError: another depth or head.
    """
    check_choice("VGG depth", depth, DEPTHS)
    check_choice("head", head, HEADS)
    pool = Pool("max", (2, 2), (2, 2))
    stages = tuple(
        (*(ConvNorm(width, norm=norm, bias=True) for _ in range(convolutions)), pool)
        for width, convolutions in zip(WIDTHS, DEPTHS[depth], strict=True)
    )
    name = f"vgg{depth}" + ("_bn" if norm else "")
    if head == "cifar":
        source = "arXiv:1409.1556, table 1, with one linear layer"
        return Network(f"{name}_cifar", (), stages, (Classifier(classes),), source, 32)
    hidden = (Dense(4096), Dropout(0.5))
    layers = (AdaptivePool(7), Flatten(), *hidden, *hidden, Dense(classes, act=None))
    return Network(name, (), stages, layers, "arXiv:1409.1556, table 1; torchvision")
