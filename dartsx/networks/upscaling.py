"""Networks that make images 2 or 4 times larger: bicubic interpolation, SRCNN and EDSR.

`classes` is the number of channels of an image; what goes in and comes out is normalised alike.
"""

from __future__ import annotations

from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.shortcut import Residual
from dartsx.networks.blocks.upscaling import Bicubic, OverBicubic, PlainResidual, Shuffled
from dartsx.networks.description import Network
from dartsx.networks.trace import Block

PIXELS = 32  # of the low resolution, for which costs are, unless said otherwise


def bicubic(scale: int, classes: int = 3) -> Network:
    """Interpolation, as a network without weights; it makes as many channels as it reads."""
    return Network(
        f"bicubic_x{scale}", (Bicubic(scale),), (), (), "IEEE Trans. ASSP 29(6), 1981", PIXELS, channels=classes
    )


def srcnn(scale: int, classes: int = 3) -> Network:
    """SRCNN 9-1-5 (arXiv:1501.00092, section 4.1) on the bicubic image, with padding, so that no border is lost.

    8,032 weights for images of one channel, 20,000 for three, and 97 or 99 biases.
    """
    body = (ConvNorm(64, 9, norm=False), ConvNorm(32, 1, norm=False))
    head = (ConvNorm(classes, 5, norm=False, act=None),)
    return Network(f"srcnn_x{scale}", (Bicubic(scale),), (body,), head, "arXiv:1501.00092", PIXELS, channels=classes)


def edsr(
    scale: int,
    blocks: int = 16,
    width: int = 64,
    difference: bool = False,
    name: str = "edsr_baseline",
    classes: int = 3,
) -> Network:
    """EDSR (arXiv:1707.02921, figure 3); by default its baseline of 16 blocks of 64 channels.

    Args:
      scale: 2 or 4.
      blocks: residual blocks.
      width: channels.
      difference: the network makes the difference from the bicubic image, which EDSR does not.
      name: without the scale.
      classes: channels of an image.
    """
    body = (*(PlainResidual(width) for _ in range(blocks)), ConvNorm(width, 3, norm=False, act=None))
    ups: tuple[Block, ...] = tuple(Shuffled(width) for _ in range(scale.bit_length() - 1))
    stem, trunk = ConvNorm(width, 3, norm=False, act=None), Residual(Chain(body))
    head = (*ups, ConvNorm(classes, 3, norm=False, act=None))
    name, source = f"{name}_x{scale}", "arXiv:1707.02921"
    if difference:
        return Network(name, (OverBicubic(scale, (stem, trunk, *head)),), (), (), source, PIXELS, channels=classes)
    return Network(name, (stem,), ((trunk,),), head, source, PIXELS, channels=classes)


def edsr_tiny(scale: int, classes: int = 3) -> Network:
    """EDSR's structure at a size for two cores: 3 blocks of 16 channels, over the bicubic image."""
    return edsr(scale, 3, 16, True, "edsr_tiny", classes)
