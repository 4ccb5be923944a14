"""Measures every block of a space on the present device, and how well their sums predict whole networks.

``dartsx latency --config.space.name=digit_chain --workdir=runs/latency``

writes latency.csv, a table for ``--config.search.cost.table``, and beside it what it is worth: check.csv, check.svg and
latency.md compare predicted and measured latency of ``--config.networks`` networks that are drawn, and of those of
``--config.genotypes=runs/search,mine.json``; dartsx/configs/latency.py has the fields. The same command goes on where
it was stopped; `dartsx report` shows the result among other runs.
"""

from __future__ import annotations

from ml_collections import ConfigDict

from dartsx.experiments.settings import REQUIRED, run_main, stopped
from dartsx.experiments.settings.latency import LatencySettings
from dartsx.experiments.settings.read import read_group


def main(config: ConfigDict, workdir: str) -> None:
    """Measures what is missing and prints what the table is worth."""
    settings = read_group(LatencySettings, config)
    from dartsx.experiments.jobs.latency import run_latency  # imports JAX: wrong fields fail before that

    text = run_latency(settings, config.to_dict(), workdir)
    print(text or stopped(workdir))


if __name__ == "__main__":
    run_main(main, config="latency.py", workdir=REQUIRED)
