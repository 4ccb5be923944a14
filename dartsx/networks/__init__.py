"""Networks as data: stem, stages of blocks and head, down to primitive layers with all shapes.

Pure Python; imports no JAX. `dartsx.kernels` computes what is written here and `dartsx.cost` counts it.
"""

from dartsx.networks.description import Network
from dartsx.networks.table import canonical_name, names, network
from dartsx.networks.trace import Step, Trace

__all__ = ["Network", "Step", "Trace", "canonical_name", "names", "network"]
