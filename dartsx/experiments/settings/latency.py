"""Settings of a measurement of latency."""

from __future__ import annotations

import dataclasses

from dartsx.catalog import DTYPES
from dartsx.catalog.rules import at_least, one_of, where
from dartsx.experiments.settings.space_name import SpaceName


@dataclasses.dataclass(frozen=True)
class LatencySettings:
    """The config; None stands for what is the space's own."""

    space: SpaceName
    image_size: int | None = where(at_least(0))
    image_channels: int = where(at_least(1))
    classes: int | None = where(at_least(0))
    batch_size: int = where(at_least(1))
    dtype: str = where(one_of(*DTYPES))
    samples: int = where(at_least(2))
    statistic: str = where(one_of("median", "least"))
    networks: int = where(at_least(0))
    seed: int = where(at_least(0))
    genotypes: tuple[str, ...] = ()
