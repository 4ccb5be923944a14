"""PNASNet-5 (arXiv:1712.00559, figure 1): one cell, which reduces by stride 2."""

from __future__ import annotations

from dartsx.networks.blocks.cell import Design, Pair
from dartsx.networks.cells import Plan, stack
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice

CELL = Design(
    (
        Pair("sep_conv_5x5", 1, "max_pool_3x3", 1),
        Pair("sep_conv_7x7", 0, "max_pool_3x3", 0),
        Pair("sep_conv_5x5", 0, "sep_conv_3x3", 0),
        Pair("sep_conv_3x3", 4, "max_pool_3x3", 0),
        Pair("sep_conv_3x3", 1, "identity", 0),
    ),
    (2, 3, 4, 5, 6),
)
# N = 4, F = 216 and N = 3, F = 54; CIFAR-10: N = 3, F = 48 (table 3).
PLANS = {
    "large": (Plan(CELL, CELL, 216, 4, 96, separate_reductions=False), 331),
    "mobile": (Plan(CELL, CELL, 54, 3, 32, separate_reductions=False), 224),
    "cifar": (Plan(CELL, CELL, 48, 3, 144, "cifar", separate_reductions=False, epsilon=1e-5, dropout=0.0), 32),
}


def pnasnet5(size: str, classes: int | None = None) -> Network:
    """PNASNet-5, without the auxiliary head that its authors trained it with, which papers do not count.

    The first stem cell has F / 4 filters, in the mobile network 13 (13.5 rounded down, as in the release), which gives
    587.3M multiply-adds where the paper prints 588M. Ports to PyTorch that compute a row and a column more in strided
    operations, and then cut them off, count 0.2% more for the large one.

    Args:
      size: ``"large"``, ``"mobile"`` or ``"cifar"``.
      classes: number of logits; 1000, for ``"cifar"`` 10 by default.

    Raises:
      ValueError: unknown size.
    """
    check_choice("PNASNet-5 size", size, PLANS)
    plan, image_size = PLANS[size]
    classes = classes or (10 if size == "cifar" else 1000)
    return stack(f"pnasnet5_{size}", plan, classes, "arXiv:1712.00559; the release (TF-Slim)", image_size)
