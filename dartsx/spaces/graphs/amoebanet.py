"""AmoebaNet's space (arXiv:1802.01548, section 3.1): NASNet's with eight operations, all combined by sums.

(6!^2 x 8^10)^2 = 3.1e29 architectures. AmoebaNet-A is a member; its release concatenates besides what no block reads
state 1 in the normal cell, states 2 and 4 in the reduction cell, and `networks.amoebanet_a` follows the release.
"""

from __future__ import annotations

from dartsx.networks import amoebanet as released
from dartsx.spaces.graphs.pairs import pair_space, read
from dartsx.spaces.scale import Scale

OPERATIONS = (
    "identity",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "avg_pool_3x3",
    "max_pool_3x3",
    "dil_conv_3x3",
    "conv_1x7_7x1",
)
BLOCKS = 5

amoebanet = pair_space("amoebanet", OPERATIONS, ("add",), BLOCKS, Scale(36, 6, 10), "arXiv:1802.01548, section 3.1")
MEMBERS = {"AmoebaNet-A": read(released.NORMAL, released.REDUCE, combined=False)}
