"""What networks cost: exact counts from their descriptions, without tracing or compiling; measured latency."""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.described import described_cost, steps_cost
from dartsx.cost.expected import expected_cost
from dartsx.cost.latency import Latency, measure_latency
from dartsx.cost.network import network_cost
from dartsx.cost.penalty import cost_penalty
from dartsx.cost.staged import staged_network_cost, staged_supernet_cost
from dartsx.cost.supernet import supernet_cost

__all__ = [
    "Cost",
    "Latency",
    "LayerCost",
    "cost_penalty",
    "described_cost",
    "expected_cost",
    "measure_latency",
    "network_cost",
    "staged_network_cost",
    "staged_supernet_cost",
    "steps_cost",
    "supernet_cost",
]
