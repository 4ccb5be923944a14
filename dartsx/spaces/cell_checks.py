"""What spaces of cells check of their fields and of the architectures that they are given."""

from collections import Counter
from collections.abc import Iterable

from dartsx.spaces.cell_networks import Blocks
from dartsx.spaces.errors import GenotypeError, SpaceError, show, unknown
from dartsx.spaces.genotype import CELL_TYPES, check_name
from dartsx.spaces.primitives import NONE, PRIMITIVES
from dartsx.spaces.space import Architecture


def with_own(custom_primitives: Iterable[str], blocks: Blocks) -> tuple[str, ...]:
    """Return custom primitives, those with a block of their own included."""
    return tuple(dict.fromkeys((*custom_primitives, *blocks)))


def check_cells(architecture: Architecture) -> None:
    """Raise GenotypeError unless the architecture has a normal and a reduction cell."""
    if tuple(architecture.cells) != CELL_TYPES:
        given = f"cell {', '.join(architecture.cells)}" if architecture.cells else "no cells"
        raise GenotypeError(f"the space has genotypes with the cells {' and '.join(CELL_TYPES)}; this one has {given}")


def check_primitives(primitives: tuple[str, ...], custom_primitives: tuple[str, ...], blocks: Blocks) -> None:
    """Raise SpaceError unless ``primitives`` are different known names, one of them not 'none'."""
    if isinstance(primitives, str) or not isinstance(primitives, Iterable):
        raise SpaceError(f"primitives must be a tuple of names, not {show(primitives)}")
    if isinstance(custom_primitives, str) or not isinstance(custom_primitives, Iterable):
        raise SpaceError(f"custom_primitives must be a tuple, not {show(custom_primitives)}")
    try:
        allowed = tuple(dict.fromkeys((NONE, *PRIMITIVES, *map(check_name, (*custom_primitives, *blocks)))))
    except GenotypeError as error:
        raise SpaceError(str(error)) from None
    for name in primitives:
        if name not in allowed:
            raise SpaceError(
                f"{unknown('primitive', name, allowed)}; names of your own go into custom_primitives as well"
            )
    repeated = [name for name, times in Counter(primitives).items() if times > 1]
    if repeated:
        raise SpaceError(f"primitives name {', '.join(repeated)} more than once")
    if not set(primitives) - {NONE}:
        raise SpaceError(f"primitives need at least one that is not 'none': {show(primitives)}")


def check_range(field: str, value: int, most: int, allowed: str) -> None:
    """Raise SpaceError unless a field is a whole number from 1 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise SpaceError(f"{field} is {show(value)}; allowed: {allowed}")
