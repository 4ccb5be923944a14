"""What can be searched: primitives by name, genotypes, and the space of cells.

Pure Python and NumPy; imports no JAX.
"""

from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.discretize import discretize, softmax
from dartsx.spaces.document import from_json, to_json
from dartsx.spaces.errors import GenotypeError, SpaceError
from dartsx.spaces.genotype import CELL_TYPES, Cell, Edge, Genotype
from dartsx.spaces.primitives import DARTS, NONE, PRIMITIVES
from dartsx.spaces.published import Source, published
from dartsx.spaces.published import names as published_names
from dartsx.spaces.published import source as published_source
from dartsx.spaces.resolve import resolve_genotype
from dartsx.spaces.text import from_text, to_text

__all__ = [
    "CELL_TYPES",
    "DARTS",
    "NONE",
    "PRIMITIVES",
    "Cell",
    "CellSpace",
    "Edge",
    "Genotype",
    "GenotypeError",
    "Source",
    "SpaceError",
    "discretize",
    "from_json",
    "from_text",
    "published",
    "published_names",
    "published_source",
    "resolve_genotype",
    "softmax",
    "to_json",
    "to_text",
]
