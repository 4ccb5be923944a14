"""NASNet's space (arXiv:1707.07012, section 3): five blocks per cell, 13 operations, sum or concatenation.

| decision | options |
|---|---|
| two inputs of a block | the two results before the cell, and all blocks before |
| two operations | 13 of `blocks.operations` |
| combination | add, concat |

(6!^2 x (13^2 x 2)^5)^2 = 5.2e36 architectures. A lecture's (2 x 2 x M^2 x N)^B, which lets every block read the two
results before the cell only, is `two_inputs_count`: 3.2e11 for M = 5 operations, N = 2 combinations, B = 5 blocks.

NASNet-A is a member. As the paper says, the space concatenates what no block reads; the release concatenates besides
state 1 in NASNet-A's normal cell and state 3 in its reduction cell, and `networks.nasnet_a` follows the release.
"""

from __future__ import annotations

from dartsx.networks import nasnet as released
from dartsx.networks import pnasnet
from dartsx.networks.blocks.operations import OPERATIONS
from dartsx.spaces.graphs.pairs import pair_space, read
from dartsx.spaces.scale import Scale

BLOCKS, COMBINATIONS = 5, ("add", "concat")
CIFAR, MOBILE = Scale(32, 6, 10), Scale(44, 4, 1000, "imagenet")

nasnet = pair_space("nasnet", tuple(OPERATIONS), COMBINATIONS, BLOCKS, CIFAR, "arXiv:1707.07012, section 3")
MEMBERS = {
    "NASNet-A": read(released.NORMAL, released.REDUCE, combined=True),
    "PNASNet-5": read(pnasnet.CELL, pnasnet.CELL, combined=True),
}


def two_inputs_count(operations: int, combinations: int, blocks: int) -> int:
    """(2 x 2 x M^2 x N)^B: number of cells whose blocks read the two results before the cell only."""
    return (2 * 2 * operations**2 * combinations) ** blocks
