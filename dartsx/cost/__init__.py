"""What networks cost: exact counts from their descriptions, without tracing or compiling; measured latency."""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.expected import expected_cost
from dartsx.cost.latency import Latency, measure_latency, uniform_mixture
from dartsx.cost.latency_table import BlockShape, LatencyTable, expected_latency_of, latency_of, read_table
from dartsx.cost.linear_latency import LinearLatency, read_linear, read_relative
from dartsx.cost.network import network_cost, steps_cost
from dartsx.cost.penalty import cost_penalty

__all__ = [
    "BlockShape",
    "Cost",
    "Latency",
    "LatencyTable",
    "LayerCost",
    "LinearLatency",
    "cost_penalty",
    "expected_cost",
    "expected_latency_of",
    "latency_of",
    "measure_latency",
    "network_cost",
    "read_linear",
    "read_relative",
    "read_table",
    "steps_cost",
    "uniform_mixture",
]
