"""How it computes: primitives, blocks of edges, supernets and networks (Flax linen).

Activations of cells are channel-major, [C, N, H, W], inside; images come and logits go as [N, H, W, C] and
[N, classes]. Networks that `dartsx.networks` describes keep [N, H, W, C].
"""

from dartsx.nn.described import DescribedNetwork
from dartsx.nn.network import Logits, Network
from dartsx.nn.supernet import Supernet

__all__ = ["DescribedNetwork", "Logits", "Network", "Supernet"]
