"""Measures every block of a space on the present device, and how well their sums predict whole networks.

``dartsx latency --config.space.name=digit_chain --workdir=runs/latency``

writes latency.csv, a table for ``--config.search.cost.table``, and beside it what it is worth: check.csv, check.svg and
latency.md compare predicted and measured latency of ``--config.networks`` networks that are drawn, and of those of
``--config.genotypes=runs/search,mine.json``; dartsx/configs/latency.py has the fields. The same command goes on where
it was stopped; `dartsx report` shows the result among other runs.
"""

from __future__ import annotations

import dataclasses

from ml_collections import ConfigDict

from dartsx.catalog import DTYPES
from dartsx.catalog.rules import at_least, one_of, where
from dartsx.experiments.settings import REQUIRED, run_main, stopped
from dartsx.experiments.settings.read import read_group


@dataclasses.dataclass(frozen=True)
class SpaceName:
    """The space, by name or as ``module:attribute``."""

    name: str


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


def main(config: ConfigDict, workdir: str) -> None:
    """Measures what is missing and prints what the table is worth."""
    settings = read_group(LatencySettings, config)
    from dartsx.experiments.jobs.latency import run_latency  # imports JAX: wrong fields fail before that

    text = run_latency(settings, config.to_dict(), workdir)
    print(text or stopped(workdir))


if __name__ == "__main__":
    run_main(main, config="latency.py", workdir=REQUIRED)
