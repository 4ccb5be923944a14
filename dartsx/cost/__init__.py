"""What networks cost: exact counts from their descriptions, without tracing or compiling."""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.network import network_cost
from dartsx.cost.supernet import supernet_cost

__all__ = ["Cost", "LayerCost", "network_cost", "supernet_cost"]
