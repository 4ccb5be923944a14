"""Networks as data: stem, stages of blocks and head, down to primitive layers with all shapes.

Pure Python; imports no JAX. `dartsx.kernels` computes what is written here and `dartsx.cost` counts it. A description
may leave decisions open (`dartsx.networks.open`): a `Choice` of blocks, a `Width`, a `Depth`, which values a node of a
`Graph` picks, the `Path` through a `Trellis` or a `Tree`. `close` takes them.
"""

from dartsx.networks.description import Network, decisions_of, widths_of
from dartsx.networks.open.choice import Choice
from dartsx.networks.open.close import close
from dartsx.networks.open.decisions import Decision
from dartsx.networks.open.depth import Depth
from dartsx.networks.open.graph import Graph, Node, Pick, Read
from dartsx.networks.open.size import Width
from dartsx.networks.open.tree import Tree, TreeNode
from dartsx.networks.open.trellis import Levels, Path, Trellis
from dartsx.networks.step import Step, primitive
from dartsx.networks.table import LANGUAGE_MODELS, all_names, canonical_name, names, network
from dartsx.networks.trace import Trace

__all__ = [
    "LANGUAGE_MODELS",
    "Choice",
    "Decision",
    "Depth",
    "Graph",
    "Levels",
    "Network",
    "Node",
    "Path",
    "Pick",
    "Read",
    "Step",
    "Trace",
    "Tree",
    "TreeNode",
    "Trellis",
    "Width",
    "all_names",
    "canonical_name",
    "close",
    "decisions_of",
    "names",
    "network",
    "primitive",
    "widths_of",
]
