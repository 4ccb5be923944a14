"""Strategies in NAS-Bench-201's table: many searches of each, in several processes."""

from __future__ import annotations

import functools
import multiprocessing
import pathlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from dartsx.objectives import Measure, NB201Objective
from dartsx.objectives.nb201 import OWN_MEASURES, VALID_ACCURACY
from dartsx.spaces import NB201
from dartsx.spaces.errors import unknown
from dartsx.strategies import make_strategy
from dartsx.strategies.pareto import utilities_of
from dartsx.strategies.simulation import asked, hypervolumes, incumbents
from dartsx.tabular import TableError, load_nb201
from dartsx.tabular.files import read_csv, shipped

SEARCH_EPOCHS, REPORT_EPOCHS = 12, 200
CHUNK = 25  # seeds of a task of a process

# Of the simulation, where they differ from the defaults. Local search asks for all neighbours of every cell that it
# comes to; those that it has asked for before count again, so that its queries are comparable with other simulations.
OPTIONS: dict[str, dict[str, Any]] = {"evolution": {"population": 10, "sample": 3}, "local": {"repeats": True}}


class Setting(NamedTuple):
    """What is simulated.

    Attributes:
      table: its file; empty for the one that ships with the package.
      dataset: data set of the table.
      second: a further number that counts, by name, or ``FILE:COLUMN`` of a CSV with ``arch_index``; empty for none.
      queries: number of queries of each search.
    """

    table: str
    dataset: str
    second: str
    queries: int


class Curves(NamedTuple):
    """Curves of all searches of a strategy, float64 [seeds, queries].

    Attributes:
      accuracy: test accuracy of the chosen cell after each query, percent.
      volume: share of the volume that is dominated, in validation accuracy and the second number; None without one.
    """

    accuracy: np.ndarray
    volume: np.ndarray | None


def table_path(given: str) -> str:
    """A table's file; one that is not there but ships with the package under this name is that one.

    Raises TableError if there is none.
    """
    path = pathlib.Path(given)
    if not given or path.exists():
        return given
    if shipped(path.name).exists():
        return str(shipped(path.name))
    raise TableError(f"no table at {given}; the package has nb201.csv.xz")


def simulate(
    strategies: Mapping[str, Mapping[str, Any]], setting: Setting, seeds: Sequence[int], processes: int
) -> dict[str, Curves]:
    """Curves of strategies, each with its options, for all seeds; the same for any number of processes."""
    measures(setting)  # raises here what is wrong
    parts = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    names, options = list(strategies), [dict(given) for given in strategies.values()]
    tasks = [(name, given, setting, part) for name, given in zip(names, options, strict=True) for part in parts]
    if processes == 1:
        found = list(map(_searches, *zip(*tasks, strict=True)))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            found = list(pool.map(_searches, *zip(*tasks, strict=True)))
    rows = [found[i : i + len(parts)] for i in range(0, len(found), len(parts))]
    return {name: _joined(part) for name, part in zip(names, rows, strict=True)}


def measures(setting: Setting) -> tuple[Measure, ...]:
    """What counts: the validation accuracy, and the second number if there is one."""
    objective, second = _objective(setting)
    return (VALID_ACCURACY,) if second is None else (VALID_ACCURACY, objective.measures[second])


def _searches(name: str, options: Mapping[str, Any], setting: Setting, seeds: Sequence[int]) -> Curves:
    objective, second = _objective(setting)
    goals = measures(setting)
    strategy = make_strategy(name, goals, options)
    low, high = _box(objective, goals)
    accuracies, volumes = [], []
    for seed in seeds:
        done = asked(strategy, NB201, objective, seed, setting.queries, SEARCH_EPOCHS)
        accuracies.append(incumbents(done, VALID_ACCURACY, lambda cells: _reported(objective, cells)))
        if second is not None:
            utilities = utilities_of(goals, [query.scores for query in done])
            volumes.append(hypervolumes(utilities, low, high))
    return Curves(np.array(accuracies), np.array(volumes) if second is not None else None)


def _reported(objective: NB201Objective, cells: Sequence[Any]) -> list[float]:
    return [scores["test_accuracy"] for scores in objective(cells, REPORT_EPOCHS)]


def _joined(parts: Sequence[Curves]) -> Curves:
    volumes = [part.volume for part in parts if part.volume is not None]
    return Curves(np.concatenate([part.accuracy for part in parts]), np.concatenate(volumes) if volumes else None)


def _box(objective: NB201Objective, goals: Sequence[Measure]) -> tuple[np.ndarray, np.ndarray]:
    """Worst and best utilities in the whole table, [measures] each."""
    columns = objective.columns(SEARCH_EPOCHS)
    signed = [columns[m.name] if m.larger_is_better else -columns[m.name] for m in goals]
    return np.array([np.nanmin(c) for c in signed]), np.array([np.nanmax(c) for c in signed])


@functools.cache
def _objective(setting: Setting) -> tuple[NB201Objective, str | None]:
    """The objective, and the name of the second number."""
    table = load_nb201(setting.table)
    path, colon, column = setting.second.rpartition(":")
    if not colon:
        known = [measure.name for measure in OWN_MEASURES if measure != VALID_ACCURACY]
        if column and column not in known:
            raise TableError(f"{unknown('second number', column, known)}, or FILE:COLUMN")
        return NB201Objective(table, setting.dataset), column or None
    frame = read_csv(pathlib.Path(path), "arch_index", (column,), None)
    values = np.full(NB201.count(), np.nan)
    try:
        values[frame["arch_index"].astype(int)] = frame[column]
    except (ValueError, IndexError) as error:
        raise TableError(f"{path}: arch_index is no index of the benchmark: {error}") from None
    further = Measure(column, column.rpartition("_")[2], larger_is_better=False)
    return NB201Objective(table, setting.dataset, {further: values}), column
