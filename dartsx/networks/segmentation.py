"""Segmentation networks for small images that were designed by hand: U-Net, and one like DeepLabv3+."""

from __future__ import annotations

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.residual import BasicBlock
from dartsx.networks.blocks.segmentation import ASPP, Decoder, UNet
from dartsx.networks.description import Network

UNET_WIDTHS, DEEPLAB_WIDTHS = (4, 8, 12, 16, 24, 32), (4, 6, 8, 12, 16, 24)
SCENES = 11  # classes of digit_scenes


def unet(width: int, classes: int = SCENES) -> Network:
    """U-Net (arXiv:1505.04597) of three levels, with batch norm and bilinear resizing, of `width` channels at first."""
    source = "arXiv:1505.04597, smaller"
    return Network(f"unet_{width}", (), ((UNet(width, 3, classes),),), (), source, 64)


def small_deeplab(width: int, classes: int = SCENES) -> Network:
    """Residual blocks down to an eighth of the image, ASPP and decoder, as in DeepLabv3+ (arXiv:1802.02611)."""
    body = tuple(BasicBlock(width * features, stride) for features, stride in ((2, 1), (4, 2), (4, 1), (8, 2), (8, 1)))
    head = (ASPP(32, (2, 4, 6)), Decoder(classes, skip=2, features=32, narrowed=12))
    stem = (ConvNorm(width, 3), ConvNorm(2 * width, 3, 2))
    return Network(f"small_deeplab_{width}", stem, (body,), head, "arXiv:1802.02611, smaller", 64)
