"""What networks cost: exact counts from their descriptions, without tracing or compiling."""

from dartsx.cost.counts import KINDS, Cost, LayerCost
from dartsx.cost.expected import expected_cost
from dartsx.cost.network import network_cost
from dartsx.cost.supernet import supernet_cost

__all__ = ["KINDS", "Cost", "LayerCost", "expected_cost", "network_cost", "supernet_cost"]
