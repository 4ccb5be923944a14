"""SqueezeNet 1.0 (arXiv:1602.07360, table 1), with bypasses (figure 2), and 1.1 (the authors' release)."""

from __future__ import annotations

from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.fire import Bypass, Fire
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice
from dartsx.networks.layers import Dropout, GlobalPool, Pool

BYPASSES = ("none", "simple", "complex")
POOL = Pool("max", (3, 3), (2, 2), ceil=True)


def squeezenet1_0(classes: int = 1000, bypass: Bypass = "none") -> Network:
    """Version 1.0: a 7x7 stem of 96 channels, pools after fire modules 4 and 8.

    With the simple bypass modules 3, 5, 7 and 9, whose input has the width of their output, become residual; with the
    complex one the others as well, through a 1x1 convolution. The size that table 3 prints for the latter (7.7 MB) is
    larger than that of figure 2's network (6.1 MB), which is followed here.

    Raises:
      ValueError: unknown bypass.
    """
    check_choice("bypass", bypass, BYPASSES)
    same = "none" if bypass == "none" else "simple"
    wider = "complex" if bypass == "complex" else "none"
    stages = (
        (Fire(128, 16, wider), Fire(128, 16, same), Fire(256, 32, wider), POOL),
        (Fire(256, 32, same), Fire(384, 48, wider), Fire(384, 48, same), Fire(512, 64, wider), POOL),
        (Fire(512, 64, same),),
    )
    name = "squeezenet1_0" + ("" if bypass == "none" else f"_{bypass}_bypass")
    source = "arXiv:1602.07360, table 1; torchvision" if bypass == "none" else "arXiv:1602.07360, figure 2"
    stem = (ConvNorm(96, 7, 2, norm=False, padding=0), POOL)
    return Network(name, stem, stages, _head(classes), source)


def squeezenet1_1(classes: int = 1000) -> Network:
    """Version 1.1: a 3x3 stem of 64 channels and earlier pools, 2.4 times fewer multiply-adds."""
    stages = (
        (Fire(128, 16), Fire(128, 16), POOL),
        (Fire(256, 32), Fire(256, 32), POOL),
        (Fire(384, 48), Fire(384, 48), Fire(512, 64), Fire(512, 64)),
    )
    source = "github.com/forresti/SqueezeNet, SqueezeNet_v1.1; torchvision"
    stem = (ConvNorm(64, 3, 2, norm=False, padding=0), POOL)
    return Network("squeezenet1_1", stem, stages, _head(classes), source)


def _head(classes: int):
    """The classifier is a 1x1 convolution, averaged over the map."""
    return (Dropout(0.5), ConvNorm(classes, 1, norm=False), GlobalPool())
