"""Supernets and networks (Flax linen), made of `dartsx.kernels`.

Activations of cells are channel-major, [C, N, H, W], inside; images come and logits go as [N, H, W, C] and
[N, classes]. Networks that `dartsx.networks` describes keep [N, H, W, C].
"""

from dartsx.nn.build import supernet_of
from dartsx.nn.cell_network import CellNetwork, Logits
from dartsx.nn.described import DescribedNetwork
from dartsx.nn.recurrent import Dropout, RecurrentNetwork, RecurrentSupernet
from dartsx.nn.supernet import Supernet
from dartsx.nn.topology_networks import TopologyNetwork, TopologySupernet

__all__ = [
    "CellNetwork",
    "DescribedNetwork",
    "Dropout",
    "Logits",
    "RecurrentNetwork",
    "RecurrentSupernet",
    "Supernet",
    "TopologyNetwork",
    "TopologySupernet",
    "supernet_of",
]
