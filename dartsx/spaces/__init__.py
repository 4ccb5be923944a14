"""What can be searched: primitives by name, genotypes, and the space of cells.

Pure Python and NumPy; imports no JAX.
"""

from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.discretize import discretize, softmax
from dartsx.spaces.document import from_json, to_json
from dartsx.spaces.errors import GenotypeError, SpaceError
from dartsx.spaces.found import from_text
from dartsx.spaces.genotype import CELL_TYPES, Cell, Edge, Genotype
from dartsx.spaces.named import SPACES, named_space
from dartsx.spaces.nb201 import NB201
from dartsx.spaces.primitives import DARTS, NONE, PRIMITIVES, SKIP
from dartsx.spaces.published import Source, published
from dartsx.spaces.published import names as published_names
from dartsx.spaces.published import source as published_source
from dartsx.spaces.resolve import resolve_genotype
from dartsx.spaces.restricted_space import RestrictedSpace
from dartsx.spaces.space import AnyGenotype, Space
from dartsx.spaces.text import to_text
from dartsx.spaces.topology import Topology, topology_from_string
from dartsx.spaces.topology_space import TopologySpace

__all__ = [
    "CELL_TYPES",
    "DARTS",
    "NB201",
    "NONE",
    "PRIMITIVES",
    "SKIP",
    "SPACES",
    "AnyGenotype",
    "Cell",
    "CellSpace",
    "Edge",
    "Genotype",
    "GenotypeError",
    "RestrictedSpace",
    "Source",
    "Space",
    "SpaceError",
    "Topology",
    "TopologySpace",
    "discretize",
    "from_json",
    "from_text",
    "named_space",
    "published",
    "published_names",
    "published_source",
    "resolve_genotype",
    "softmax",
    "to_json",
    "to_text",
    "topology_from_string",
]
