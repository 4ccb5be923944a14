"""Drawing different networks of a space whose cost lies in a band: what comparisons of spaces begin with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dartsx.spaces.errors import SpaceError
from dartsx.spaces.scale import Scale
from dartsx.spaces.space import Architecture, Space

TRIES = 200  # draws for each network wanted


class Drawn(NamedTuple):
    """A network that was drawn.

    Attributes:
      architecture: its architecture.
      macs: its multiply-adds.
      params: its trainable parameters.
    """

    architecture: Architecture
    macs: int
    params: int


class Band(NamedTuple):
    """Multiply-adds from low to high, both included."""

    low: float = 0.0
    high: float = float("inf")


ANY = Band()


def draw(
    space: Space,
    count: int,
    rng: np.random.Generator,
    scale: Scale,
    image_shape: tuple[int, int, int],
    band: Band = ANY,
) -> list[Drawn]:
    """Different architectures, drawn uniformly from those whose multiply-adds lie in the band.

    Of a space that holds no more than `count`, all in the band, in their order.

    Args:
      space: what is drawn from.
      count: how many are wanted.
      rng: draws them.
      scale: size of their networks.
      image_shape: (height, width, channels) of the images that the multiply-adds are counted for, where the network
        does not decide its resolution itself.
      band: bounds of the multiply-adds.

    Raises:
      SpaceError: too few lie in the band; says how many, and what was seen.
    """
    whole = space.count() <= count
    candidates = iter(space) if whole else (space.sample(rng) for _ in range(TRIES * count))
    found: dict[Architecture, Drawn] = {}
    seen: list[int] = []
    for architecture in candidates:
        if architecture in found:
            continue
        network = counted(space, architecture, scale, image_shape)
        seen.append(network.macs)
        if band.low <= network.macs <= band.high:
            found[architecture] = network
        if len(found) == count:
            break
    if len(found) < (1 if whole else count):
        raise SpaceError(
            f"{len(found)} of {count} networks have {band.low:g} to {band.high:g} multiply-adds; among {len(seen)} "
            f"there are {min(seen):,} to {max(seen):,}"
        )
    return list(found.values())


def counted(space: Space, architecture: Architecture, scale: Scale, image_shape: tuple[int, int, int]) -> Drawn:
    """An architecture with its counts; arguments as of `draw`."""
    network = space.network(architecture, scale)
    size = network.image_size
    shape = (size, size, image_shape[2]) if size != scale.pixels else image_shape
    return Drawn(architecture, network.macs(shape), network.params(shape))
