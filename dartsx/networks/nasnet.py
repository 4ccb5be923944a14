"""NASNet-A in its original form (arXiv:1707.07012, figure 4 and appendix A): "N @ filters before the classifier"."""

from __future__ import annotations

from dartsx.networks.blocks.cell import Design, Pair
from dartsx.networks.cells import Plan, stack
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice

# The last result is the only hidden state that is not concatenated.
NORMAL = Design(
    (
        Pair("sep_conv_5x5", 0, "sep_conv_3x3", 1),
        Pair("sep_conv_5x5", 1, "sep_conv_3x3", 1),
        Pair("avg_pool_3x3", 0, "identity", 1),
        Pair("avg_pool_3x3", 1, "avg_pool_3x3", 1),
        Pair("sep_conv_3x3", 0, "identity", 0),
    ),
    (1, 2, 3, 4, 5, 6),
)
REDUCE = Design(
    (
        Pair("sep_conv_5x5", 0, "sep_conv_7x7", 1),
        Pair("max_pool_3x3", 0, "sep_conv_7x7", 1),
        Pair("avg_pool_3x3", 0, "sep_conv_5x5", 1),
        Pair("identity", 3, "avg_pool_3x3", 2),
        Pair("sep_conv_3x3", 2, "max_pool_3x3", 0),
    ),
    (3, 4, 5, 6),
)
# F = filters before the classifier / 24: six concatenated states, doubled twice.
PLANS = {
    "mobile": (Plan(NORMAL, REDUCE, 44, 4, 32), 224),
    "large": (Plan(NORMAL, REDUCE, 168, 6, 96, skip_reduction_input=True), 331),
    "cifar": (Plan(NORMAL, REDUCE, 32, 6, 96, stem="cifar", epsilon=1e-5, dropout=0.0), 32),
}


def nasnet_a(size: str, classes: int | None = None) -> Network:
    """NASNet-A, without the auxiliary head that its authors trained it with, which papers do not count.

    Multiply-adds are those of the paper, 564M and 23.8B. Ports to PyTorch that compute a row and a column more in
    strided operations, and then cut them off, count 0.8% more for the mobile network. The paper's 88.9M parameters of
    the large one include the running statistics of the batch norms.

    Args:
      size: ``"mobile"`` (4 @ 1056), ``"large"`` (6 @ 4032) or ``"cifar"`` (6 @ 768).
      classes: number of logits; 1000, for ``"cifar"`` 10 by default.

    Raises:
      ValueError: unknown size.
    """
    check_choice("NASNet-A size", size, PLANS)
    plan, image_size = PLANS[size]
    classes = classes or (10 if size == "cifar" else 1000)
    return stack(f"nasnet_a_{size}", plan, classes, "arXiv:1707.07012; the release (TF-Slim)", image_size)
