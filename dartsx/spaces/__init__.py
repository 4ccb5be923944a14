"""What can be searched: architectures, and the spaces of cells, topologies, recurrent cells and described networks.

Pure Python and NumPy; imports no JAX.
"""

from dartsx.spaces.cell_graph import CellGraph
from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.choices import Choices
from dartsx.spaces.described_space import DescribedSpace
from dartsx.spaces.discretize import discretize, softmax
from dartsx.spaces.document import from_json, to_json
from dartsx.spaces.errors import GenotypeError, SpaceError
from dartsx.spaces.found import from_text
from dartsx.spaces.genotype import CELL_TYPES, Cell, Edge, Genotype
from dartsx.spaces.named import SPACES, named_space
from dartsx.spaces.nb201 import NB201
from dartsx.spaces.primitives import DARTS, NONE, PRIMITIVES, SKIP, own_primitives
from dartsx.spaces.published import Source, published
from dartsx.spaces.published import names as published_names
from dartsx.spaces.published import source as published_source
from dartsx.spaces.recurrent_cell import RecurrentCell
from dartsx.spaces.recurrent_space import RecurrentSpace
from dartsx.spaces.resolve import resolve_genotype
from dartsx.spaces.restricted_space import RestrictedSpace
from dartsx.spaces.scale import IMAGENET, Scale
from dartsx.spaces.space import AnyGenotype, Architecture, Space
from dartsx.spaces.topology import Topology, topology_from_string
from dartsx.spaces.topology_space import TopologySpace
from dartsx.spaces.written_space import Restriction, WrittenSpace

__all__ = [
    "CELL_TYPES",
    "DARTS",
    "IMAGENET",
    "NB201",
    "NONE",
    "PRIMITIVES",
    "SKIP",
    "SPACES",
    "AnyGenotype",
    "Architecture",
    "Cell",
    "CellGraph",
    "CellSpace",
    "Choices",
    "DescribedSpace",
    "Edge",
    "Genotype",
    "GenotypeError",
    "RecurrentCell",
    "RecurrentSpace",
    "RestrictedSpace",
    "Restriction",
    "Scale",
    "Source",
    "Space",
    "SpaceError",
    "Topology",
    "TopologySpace",
    "WrittenSpace",
    "discretize",
    "from_json",
    "from_text",
    "named_space",
    "own_primitives",
    "published",
    "published_names",
    "published_source",
    "resolve_genotype",
    "softmax",
    "to_json",
    "topology_from_string",
]
