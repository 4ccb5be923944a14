"""What networks cost: exact parameters and multiply-adds, without tracing or compiling."""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.network import network_cost
from dartsx.cost.staged import staged_network_cost, staged_supernet_cost
from dartsx.cost.supernet import supernet_cost

__all__ = [
    "Cost",
    "LayerCost",
    "network_cost",
    "staged_network_cost",
    "staged_supernet_cost",
    "supernet_cost",
]
