"""AlexNet: the original of two towers (NeurIPS 2012) and the single tower of "one weird trick" (arXiv:1404.5997)."""

from __future__ import annotations

from dartsx.networks.blocks.conv import ConvNorm, Dense
from dartsx.networks.description import Network
from dartsx.networks.layers import AdaptivePool, Dropout, Flatten, LocalNorm, Pool

POOL = Pool("max", (3, 3), (2, 2))


def alexnet(classes: int = 1000) -> Network:
    """The single tower, 64 to 256 channels, without response normalisation: what is called AlexNet today."""
    stages = (
        (_conv(64, 11, 4, padding=2), POOL),
        (_conv(192, 5), POOL),
        (_conv(384), _conv(256), _conv(256), POOL),
    )
    source = "arXiv:1404.5997, section 5; torchvision"
    return Network("alexnet", (), stages, _head(classes), source)


def alexnet_two_towers(classes: int = 1000) -> Network:
    """The original: 96 to 384 channels, layers 2, 4 and 5 in two groups (one per GPU), response normalisation.

    Images of 224 pixels are padded by 2, which gives the paper's maps (55, 27, 13, 6).
    """
    stages = (
        (_conv(96, 11, 4, padding=2), LocalNorm(), POOL),
        (_conv(256, 5, groups=2), LocalNorm(), POOL),
        (_conv(384), _conv(384, groups=2), _conv(256, groups=2), POOL),
    )
    source = "Krizhevsky, Sutskever, Hinton, NeurIPS 2012, section 3"
    return Network("alexnet_two_towers", (), stages, _head(classes), source)


def _conv(features: int, kernel: int = 3, stride: int = 1, **options) -> ConvNorm:
    return ConvNorm(features, kernel, stride, norm=False, **options)


def _head(classes: int):
    hidden = (Dropout(0.5), Dense(4096))
    return (AdaptivePool(6), Flatten(), *hidden, *hidden, Dense(classes, act=None))
