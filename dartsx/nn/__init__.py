"""Supernets and networks (Flax linen), made of `dartsx.kernels`.

Images come as [N, H, W, C], logits go as [N, classes]. Inside, activations of cells are channel-major, [C, N, H, W], on
a CPU and stay [N, H, W, C] on a GPU or TPU (`layouts`), as those of networks that `dartsx.networks` describes always
do.
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
