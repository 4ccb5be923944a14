"""AmoebaNet-A (arXiv:1802.01548, figure 5) as its authors released it: "N normal cells per stage, F filters"."""

from __future__ import annotations

from dartsx.networks.blocks.cell import Design, Pair
from dartsx.networks.cells import Plan, stack
from dartsx.networks.description import Network

NORMAL = Design(
    (
        Pair("avg_pool_3x3", 0, "max_pool_3x3", 0),
        Pair("sep_conv_3x3", 1, "identity", 1),
        Pair("identity", 0, "avg_pool_3x3", 1),
        Pair("sep_conv_3x3", 0, "sep_conv_5x5", 2),
        Pair("avg_pool_3x3", 5, "sep_conv_3x3", 0),
    ),
    (1, 3, 4, 6),
)
REDUCE = Design(
    (
        Pair("sep_conv_3x3", 1, "avg_pool_3x3", 0),
        Pair("max_pool_3x3", 0, "sep_conv_7x7", 2),
        Pair("max_pool_3x3", 1, "max_pool_3x3", 0),
        Pair("sep_conv_3x3", 4, "conv_1x7_7x1", 0),
        Pair("avg_pool_3x3", 1, "sep_conv_7x7", 0),
    ),
    (2, 3, 4, 5, 6),
)
SOURCE = "arXiv:1802.01548; the release (tensorflow/tpu, amoeba_net)"


def amoebanet_a(cells: int, filters: int, classes: int | None = None, stem: str = "imagenet") -> Network:
    """AmoebaNet-A, without the auxiliary head that its authors trained it with, which papers do not count.

    The paper's: N = 4, F = 50 (mobile), N = 6, F = 190, 204 or 448 on ImageNet (331 pixels but for the first, which
    has 224), N = 6, F = 32 or 36 on CIFAR-10. The release differs from figure 5 in the inputs of the first normal
    block, and is followed; its stem on CIFAR is taken from NASNet.

    Of F = 448 the paper prints 469M parameters and 104B multiply-adds. The latter are those at 299 pixels, the
    release's default; the former those here, 468.15M, with the running statistics of the batch norms, 468.60M.

    Args:
      cells: N.
      filters: F.
      classes: number of logits; 1000, with the CIFAR stem 10 by default.
      stem: ``"imagenet"`` or ``"cifar"``.

    Raises:
      ValueError: unknown stem, N below 1, or F too small for the stem.
    """
    cifar = stem == "cifar"
    options = {"epsilon": 1e-5, "dropout": 0.0} if cifar else {}
    plan = Plan(NORMAL, REDUCE, filters, cells, 3 * filters if cifar else 32, stem, **options)
    name = f"amoebanet_a_{cells}_{filters}" + ("_cifar" if cifar else "")
    size = 32 if cifar else 224 if filters <= 50 else 331
    return stack(name, plan, classes or (10 if cifar else 1000), SOURCE, size)
