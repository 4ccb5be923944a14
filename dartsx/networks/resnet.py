"""ResNet (arXiv:1512.03385, tables 1 and 6), ResNeXt (arXiv:1611.05431, table 1) and SE-ResNet (arXiv:1709.01507)."""

from __future__ import annotations

from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.residual import BasicBlock, Bottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network, repeated
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.layers import Pool

# Blocks per stage, and whether they are bottlenecks.
DEPTHS = {
    18: ((2, 2, 2, 2), False),
    34: ((3, 4, 6, 3), False),
    50: ((3, 4, 6, 3), True),
    101: ((3, 4, 23, 3), True),
    152: ((3, 8, 36, 3), True),
}
WIDTHS = (64, 128, 256, 512)
STEMS = {
    "imagenet": (ConvNorm(64, 7, 2), Pool("max", (3, 3), (2, 2), 1)),
    "cifar": (ConvNorm(64, 3),),
}
PAPER = "arXiv:1512.03385, table 1"
V1_5 = "; stride in the 3x3 convolution, as torchvision (the paper strides the first 1x1)"


def resnet(depth: int, classes: int = 1000, stem: str = "imagenet") -> Network:
    """ResNet-18, 34 (basic blocks), 50, 101, 152 (bottlenecks that widen four times).

    Args:
      depth: one of `DEPTHS`.
      classes: number of logits.
      stem: ``"imagenet"``, 7x7 with stride 2 and a max pool, or ``"cifar"``, one 3x3 convolution.

    Raises:
      ValueError: another depth or stem.
    """
    check_choice("ResNet depth", depth, DEPTHS)
    repeats, deep = DEPTHS[depth]

    def stage(i: int, stride: int, blocks: int):
        width = WIDTHS[i]
        if not deep:
            return repeated(lambda s: BasicBlock(width, s), stride, blocks)
        return repeated(lambda s: Bottleneck(4 * width, width, s), stride, blocks)

    source = PAPER + (V1_5 if deep else "; torchvision")
    return _network(f"resnet{depth}", stage, repeats, classes, stem, source)


def resnext(depth: int, cardinality: int, width: int, classes: int = 1000, stem: str = "imagenet") -> Network:
    """ResNeXt: the 3x3 convolutions have `cardinality` groups, of `width` channels each in the first stage.

    Args:
      depth: one of `DEPTHS` that has bottlenecks.
      cardinality, width: 32 and 4 of "32x4d".
      classes, stem: as in `resnet`.

    Raises:
      ValueError: another depth or stem, or a number below 1.
    """
    check_choice("ResNeXt depth", depth, [d for d, (_, deep) in DEPTHS.items() if deep])
    check_positive("cardinality", cardinality)
    check_positive("width of a group", width)

    def stage(i: int, stride: int, blocks: int):
        inner = cardinality * width * 2**i
        return repeated(lambda s: Bottleneck(4 * WIDTHS[i], inner, s, cardinality), stride, blocks)

    name = f"resnext{depth}_{cardinality}x{width}d"
    return _network(name, stage, DEPTHS[depth][0], classes, stem, "arXiv:1611.05431, table 1; torchvision")


def se_resnet(depth: int = 50, classes: int = 1000, stem: str = "imagenet") -> Network:
    """SE-ResNet with reduction ratio 16; as in the released model the first 1x1 convolution of a block strides.

    The released model pools after the stem without padding and rounds the size up, which gives the same sizes.

    Raises:
      ValueError: another depth or stem.
    """
    check_choice("SE-ResNet depth", depth, DEPTHS)
    repeats, deep = DEPTHS[depth]
    se = SqueezeExcite(1 / 16)

    def stage(i: int, stride: int, blocks: int):
        width = WIDTHS[i]
        if not deep:
            return repeated(lambda s: BasicBlock(width, s, se), stride, blocks)
        return repeated(lambda s: Bottleneck(4 * width, width, s, 1, se, stride_first=True), stride, blocks)

    source = "arXiv:1709.01507, table 1; the authors' release (timm legacy_seresnet)"
    return _network(f"se_resnet{depth}", stage, repeats, classes, stem, source)


def resnet_cifar(depth: int, classes: int = 10) -> Network:
    """The paper's CIFAR-10 networks (section 4.2): 6 n + 2 layers, 16, 32, 64 channels, shortcuts without weights.

    Args:
      depth: 20, 32, 44, 56, 110, or any other 6 n + 2.
      classes: number of logits.

    Raises:
      ValueError: another depth.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"depth of a CIFAR ResNet is {depth}; allowed: 6 n + 2, as 20, 32, 44, 56, 110")
    blocks = (depth - 2) // 6
    stages = tuple(
        repeated(lambda s, width=width: BasicBlock(width, s, padded=True), stride, blocks)
        for width, stride in ((16, 1), (32, 2), (64, 2))
    )
    source = "arXiv:1512.03385, section 4.2, option A"
    return Network(f"resnet{depth}", (ConvNorm(16),), stages, (Classifier(classes),), source, 32)


def resnext_cifar(cardinality: int = 8, width: int = 64, classes: int = 10) -> Network:
    """ResNeXt-29 for CIFAR: three stages of three bottlenecks, 256 to 1024 channels (section 5.3 and appendix A)."""
    check_positive("cardinality", cardinality)
    check_positive("width of a group", width)
    stages = tuple(
        repeated(lambda s, i=i: Bottleneck(256 * 2**i, cardinality * width * 2**i, s, cardinality), min(i, 1) + 1, 3)
        for i in range(3)
    )
    name, source = f"resnext29_{cardinality}x{width}d", "arXiv:1611.05431, section 5.3"
    return Network(name, STEMS["cifar"], stages, (Classifier(classes),), source, 32)


def _network(name, stage, repeats, classes, stem, source) -> Network:
    check_choice("stem", stem, STEMS)
    stages = tuple(stage(i, 1 if i == 0 else 2, blocks) for i, blocks in enumerate(repeats))
    name, size = (name, 224) if stem == "imagenet" else (f"{name}_{stem}", 32)
    return Network(name, STEMS[stem], stages, (Classifier(classes),), source, size)
