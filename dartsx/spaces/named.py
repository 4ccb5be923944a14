"""The one table from a search space's name to the space."""

from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.errors import SpaceError, unknown
from dartsx.spaces.nb201 import NB201
from dartsx.spaces.robust_darts import S1, S2, S3, S4
from dartsx.spaces.space import Space

SPACES: dict[str, Space] = {"darts": CellSpace(), "nb201": NB201, "s1": S1, "s2": S2, "s3": S3, "s4": S4}


def named_space(name: str) -> Space:
    """Return the space of this name.

    Raises SpaceError that lists the names if there is none.
    """
    if name not in SPACES:
        raise SpaceError(unknown("space", name, SPACES))
    return SPACES[name]
