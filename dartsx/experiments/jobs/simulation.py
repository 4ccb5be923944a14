"""Strategies in the table of a benchmark: many searches of each, in several processes."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from dartsx.experiments.jobs.tabulated import Setting, tabulated
from dartsx.progress import tracked
from dartsx.strategies import make_strategy
from dartsx.strategies.pareto import utilities_of
from dartsx.strategies.simulation import asked, hypervolumes, incumbents

CHUNK = 25  # seeds of a task of a process

# Of the simulation, where they differ from the defaults. Local search asks for all neighbours of every cell that it
# comes to; those that it has asked for before count again, so that its queries are comparable with other simulations.
OPTIONS: dict[str, dict[str, Any]] = {"evolution": {"population": 10, "sample": 3}, "local": {"repeats": True}}


class Curves(NamedTuple):
    """Curves of all searches of a strategy, float64 [seeds, queries].

    Attributes:
      accuracy: test accuracy of the chosen cell after each query, percent.
      volume: share of the volume that is dominated, in validation accuracy and the second number; None without one.
    """

    accuracy: np.ndarray
    volume: np.ndarray | None


def simulate(
    strategies: Mapping[str, Mapping[str, Any]], setting: Setting, seeds: Sequence[int], processes: int
) -> dict[str, Curves]:
    """Curves of strategies, each with its options, for all seeds; the same for any number of processes."""
    tabulated(setting)  # raises here what is wrong
    parts = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    names, options = list(strategies), [dict(given) for given in strategies.values()]
    tasks = [(name, given, setting, part) for name, given in zip(names, options, strict=True) for part in parts]
    title = f"{len(names)} strategies"
    if processes == 1:
        found = [_searches(*task) for task in tracked(tasks, title, stream=sys.stderr)]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            results = pool.map(_searches, *zip(*tasks, strict=True))
            found = [result for _, result in zip(tracked(tasks, title, stream=sys.stderr), results, strict=True)]
    rows = [found[i : i + len(parts)] for i in range(0, len(found), len(parts))]
    return {name: _joined(part) for name, part in zip(names, rows, strict=True)}


def _searches(name: str, options: Mapping[str, Any], setting: Setting, seeds: Sequence[int]) -> Curves:
    known = tabulated(setting)
    strategy = make_strategy(name, known.goals, options)
    box, accuracies, volumes = known.box(), [], []
    for seed in seeds:
        done = asked(strategy, known.space, known.objective, seed, setting.queries, known.budget)
        accuracies.append(incumbents(done, known.goals[0], known.report))
        if len(known.goals) > 1:
            utilities = utilities_of(known.goals, [query.scores for query in done])
            volumes.append(hypervolumes(utilities, *box))
    return Curves(np.array(accuracies), np.array(volumes) if volumes else None)


def _joined(parts: Sequence[Curves]) -> Curves:
    volumes = [part.volume for part in parts if part.volume is not None]
    return Curves(np.concatenate([part.accuracy for part in parts]), np.concatenate(volumes) if volumes else None)
