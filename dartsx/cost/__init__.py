"""What networks cost: exact counts from their descriptions, and latency by tables; no JAX.

What measures on a device stands in `dartsx.cost.latency` (calls) and `dartsx.cost.stopwatch` (blocks, in loops).
"""

from dartsx.cost.counts import Cost, LayerCost
from dartsx.cost.expected import expected_cost
from dartsx.cost.forms import bounded_loss
from dartsx.cost.latency_table import BlockShape, LatencyTable, Table, expected_latency_of, latency_of, read_table
from dartsx.cost.least import least_cost
from dartsx.cost.network import network_cost, steps_cost

__all__ = [
    "BlockShape",
    "Cost",
    "LatencyTable",
    "LayerCost",
    "Table",
    "bounded_loss",
    "expected_cost",
    "expected_latency_of",
    "latency_of",
    "least_cost",
    "network_cost",
    "read_table",
    "steps_cost",
]
