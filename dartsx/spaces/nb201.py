"""NAS-Bench-201 (arXiv:2001.00326): 4 nodes, 6 edges, 5 primitives, 15,625 cells.

The cell is stacked into a fixed network: a 3x3 convolution, three stages of 5 cells of 16, 32 and
64 channels with residual blocks of stride 2 between them, batch norm, ReLU, average, linear layer.
"""

import functools
import itertools
import random

from dartsx.spaces.errors import GenotypeError
from dartsx.spaces.genotype import Edge
from dartsx.spaces.topology import Topology, topology_from_string
from dartsx.spaces.topology_space import TopologySpace

NB201_PRIMITIVES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""The candidates in the column order of the authors' code."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
NB201 = TopologySpace(NB201_PRIMITIVES, EDGES)
CLASSES = {"cifar10": 10, "cifar100": 100, "in16": 120}
PIXELS = {"cifar10": 32, "cifar100": 32, "in16": 16}


def topologies() -> tuple[Topology, ...]:
    """All 15,625 cells in the order of the benchmark's index."""
    return tuple(topology_from_string(text) for text in strings())


@functools.cache
def strings() -> tuple[str, ...]:
    """The architecture strings in the order of the benchmark's index.

    Its authors listed all choices, the last edge changing fastest, and shuffled the list by
    Python's generator with seed 88.
    """
    cells = list(itertools.product(NB201_PRIMITIVES, repeat=len(EDGES)))
    random.Random(88).shuffle(cells)
    edges = [[f"{name}~{source}" for name in NB201_PRIMITIVES] for source, _ in EDGES]
    texts = ([edge[NB201_PRIMITIVES.index(name)] for edge, name in zip(edges, cell, strict=True)] for cell in cells)
    return tuple(f"|{a}|+|{b}|{c}|+|{d}|{e}|{f}|" for a, b, c, d, e, f in texts)


def index_of(cell: Topology | str) -> int:
    """Return the benchmark's index of a cell, 0 to 15,624.

    Raises GenotypeError if it is none of the space.
    """
    text = str(cell)
    if text not in _indices():
        topology = topology_from_string(text)  # says what is wrong with a text
        NB201.validate(topology)
        text = str(topology)
    return _indices()[text]


def cell_at(index: int) -> Topology:
    """Return the cell of the benchmark's index.

    Raises GenotypeError for an index that is none.
    """
    if isinstance(index, bool) or not 0 <= index < NB201.count():
        raise GenotypeError(f"NAS-Bench-201 has no cell {index}; allowed: 0 to {NB201.count() - 1}")
    return topology_from_string(strings()[index])


def parameters(cell: Topology, dataset: str = "cifar10") -> int:
    """Trainable parameters of the benchmark's network (16 channels, 5 cells a stage).

    73,306 + 243,040 n(nor_conv_3x3) + 28,000 n(nor_conv_1x1) for CIFAR-10; other data sets differ by the linear
    layer of 65 parameters per class. An edge counts also where nothing reaches it.
    """
    fixed = 73_306 + 65 * (CLASSES[dataset] - 10)
    return fixed + 243_040 * cell.count("nor_conv_3x3") + 28_000 * cell.count("nor_conv_1x1")


def uniform_cell(primitive: str) -> Topology:
    """The cell with the same primitive on all edges."""
    return Topology(tuple(Edge(primitive, *edge) for edge in EDGES))


@functools.cache
def _indices() -> dict[str, int]:
    return {text: index for index, text in enumerate(strings())}
