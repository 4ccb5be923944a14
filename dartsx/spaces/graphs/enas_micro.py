"""ENAS's micro space (arXiv:1802.03268, section 2.4): five blocks per cell, five operations, sums.

(6!^2 x 5^10)^2 = 2.6e25 architectures; the paper's (5 x (B - 2)!)^4, with B = 7 nodes 1.3e11, counts one operation and
one input for each of a block's two sides, `papers_count`.
"""

from __future__ import annotations

import math

from dartsx.spaces.graphs.pairs import pair_space
from dartsx.spaces.scale import Scale

OPERATIONS = ("identity", "sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3")
BLOCKS = 5

enas_micro = pair_space("enas_micro", OPERATIONS, ("add",), BLOCKS, Scale(36, 5, 10), "arXiv:1802.03268, section 2.4")


def papers_count(operations: int = len(OPERATIONS), nodes: int = BLOCKS + 2) -> int:
    """(M x (B - 2)!)^4."""
    return (operations * math.factorial(nodes - 2)) ** 4
