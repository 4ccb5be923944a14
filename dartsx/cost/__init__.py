"""What networks cost: exact counts from their descriptions, without tracing or compiling; measured latency."""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.expected import expected_cost
from dartsx.cost.latency import Latency, measure_latency, uniform_mixture
from dartsx.cost.network import network_cost, steps_cost
from dartsx.cost.penalty import cost_penalty

__all__ = [
    "Cost",
    "Latency",
    "LayerCost",
    "cost_penalty",
    "expected_cost",
    "measure_latency",
    "network_cost",
    "steps_cost",
    "uniform_mixture",
]
