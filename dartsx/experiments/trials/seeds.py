"""From one experiment and seeds to trials: one program for all seeds where the method allows that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict

from dartsx.catalog import acts_alone
from dartsx.experiments.trials.trial import Trial

_WITH_POPULATIONS = ("search", "run")


def trials_of(
    name: str,
    job: str,
    config: ConfigDict,
    seeds: Sequence[int],
    setting: Mapping[str, Any] | None = None,
    share: bool = True,
) -> list[Trial]:
    """Trials of an experiment.

    Args:
      name: name of the experiment; the folders' names begin with it.
      job: see `Trial`.
      config: the experiment; the seeds take the place of its own.
      seeds: seeds, each once.
      setting: see `Trial`.
      share: whether seeds that follow each other may be one population.

    Returns:
      One trial with a population, or a trial for each seed.
    """
    following = list(seeds) == list(range(seeds[0], seeds[0] + len(seeds)))
    together = share and following and len(seeds) > 1 and job in _WITH_POPULATIONS
    if together and not acts_alone(config.method.split("+")):
        given = _changed(config, seed=seeds[0], population=len(seeds))
        return [Trial(f"{name}-seeds{seeds[0]}-{seeds[-1]}", job, given, tuple(seeds), dict(setting or {}))]
    return [Trial(f"{name}-{seed}", job, _changed(config, seed=seed), (seed,), dict(setting or {})) for seed in seeds]


def _changed(config: ConfigDict, **fields: int) -> Mapping[str, Any]:
    config = config.copy_and_resolve_references()
    config.update(fields)
    return config.to_dict()
