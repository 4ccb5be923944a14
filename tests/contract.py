"""The rows that every contract runs over: all spaces and all methods; a new row inherits every contract.

After the shipped spaces comes one of each class of a user's own, with a primitive of its own where the class takes any.
"""

import pytest

from dartsx import catalog, spaces
from dartsx.networks import Choice, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm

BLOCKS = {"mine": lambda channels, stride: ConvNorm(channels, 3, stride)}
OPERATOR = Choice("op", {"k3": ConvNorm(4), "skip": None})
OWN = {
    "own cells": spaces.CellSpace(("skip_connect", "mine"), num_nodes=2, edges_kept=1, blocks=BLOCKS),
    "own rows": spaces.RestrictedSpace((("skip_connect", "noise"),) * 5, (("none", "sep_conv_3x3"),) * 5, 1),
    "own topology": spaces.TopologySpace(("none", "mine"), ((0, 1), (0, 2), (1, 2)), blocks=BLOCKS),
    "own description": spaces.DescribedSpace(
        lambda scale: Network("own", (ConvNorm(4),), ((OPERATOR,),), (Classifier(scale.classes),), "a test", 8)
    ),
}
# The small Auto-DeepLab stands for the one of the paper, whose supernet has 50,000 layers.
SPACES = {name: spaces.SPACES[name] for name in spaces.SPACES if name != "auto_deeplab"} | OWN
WIDTHS_OF_CHANNELS = tuple(SPACES[name] for name in SPACES if name.startswith("trilevel_"))
METHODS = catalog.METHODS
# Methods whose own part acts in the compiled step; the others take the step of DARTS, as test_methods_combine.py holds.
IN_THE_STEP = tuple(name for name, method in METHODS.items() if not method.on_the_host)


def has_supernet(space):
    """Whether methods can search it; the networks of others have nothing in common."""
    return not isinstance(space, spaces.WrittenSpace)


def few_channels(space):
    """4, or the channels of the space's own networks where widths that it chooses from would be the same at 4."""
    return space.scale.channels if space in WIDTHS_OF_CHANNELS else 4


each_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
PAIRS = [
    pytest.param(method, space, id=f"{method}-{name}")
    for name, space in SPACES.items()
    if has_supernet(space)
    for method in METHODS
]
each_pair = pytest.mark.parametrize(("method", "space"), PAIRS)
