"""Supernets and networks (Flax linen), made of `dartsx.kernels`.

Activations of cells are channel-major, [C, N, H, W], inside; images come and logits go as [N, H, W, C] and
[N, classes]. Networks that `dartsx.networks` describes keep [N, H, W, C].
"""

from dartsx.nn.build import supernet_of
from dartsx.nn.described import DescribedNetwork
from dartsx.nn.network import Logits, Network
from dartsx.nn.staged import StagedNetwork, StagedSupernet
from dartsx.nn.supernet import Supernet

__all__ = ["DescribedNetwork", "Logits", "Network", "StagedNetwork", "StagedSupernet", "Supernet", "supernet_of"]
