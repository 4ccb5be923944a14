"""Benchmarks whose tables say what training would find: what a search is told, and what is reported of its choice."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.objectives import MacroObjective, Measure, NB201Objective, Objective
from dartsx.objectives.nb201 import OWN_MEASURES, read_cells
from dartsx.objectives.objective import TEST_ACCURACY, VALID_ACCURACY
from dartsx.spaces import NB201, Architecture, Space, named_space
from dartsx.spaces.errors import unknown
from dartsx.tabular import TableError, load_macro, load_nb201
from dartsx.tabular.files import shipped

SEARCH_EPOCHS, REPORT_EPOCHS = 12, 200


class Setting(NamedTuple):
    """What is simulated.

    Attributes:
      table: file of the table; empty for the one that ships with the package.
      dataset: data set of the table.
      second: a further number that counts, by name, or ``FILE:COLUMN`` of a CSV with ``arch_index``; empty for none.
      queries: number of queries of each search.
      space: name of the benchmark's space, of BENCHMARKS.
    """

    table: str
    dataset: str
    second: str
    queries: int
    space: str = "nb201"


class Tabulated(NamedTuple):
    """A benchmark.

    Attributes:
      space: its architectures.
      objective: looks them up.
      goals: what a search is told: the accuracy that counts first, and the second number if there is one.
      budget: budget at which it is told.
      report: architectures -> what is reported of them, percent.
      columns: scores of all architectures at that budget by the name of the measure.
      optimum: the best of all reported numbers.
    """

    space: Space
    objective: Objective
    goals: tuple[Measure, ...]
    budget: int | None
    report: Callable[[Sequence[Architecture]], list[float]]
    columns: Mapping[str, np.ndarray]
    optimum: float

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Worst and best utilities in the whole table, [measures] each."""
        signed = [self.columns[m.name] if m.larger_is_better else -self.columns[m.name] for m in self.goals]
        return np.array([np.nanmin(c) for c in signed]), np.array([np.nanmax(c) for c in signed])


@functools.cache
def tabulated(setting: Setting) -> Tabulated:
    """The benchmark of a setting.

    Raises TableError for an unknown space, data set or second number, and for files that are no such tables.
    """
    if setting.space not in BENCHMARKS:
        raise TableError(f"{unknown('benchmark', setting.space, BENCHMARKS)}")
    return BENCHMARKS[setting.space](setting)


def table_path(given: str) -> str:
    """File of a table; one that is not there but ships with the package under this name is that one.

    Raises TableError if there is none.
    """
    path = pathlib.Path(given)
    if not given or path.exists():
        return given
    if shipped(path.name).exists():
        return str(shipped(path.name))
    raise TableError(f"no table at {given}; the package has nb201.csv.xz and nasbench_macro.csv.xz")


def _nb201(setting: Setting) -> Tabulated:
    """Searches are told the validation accuracy after 12 epochs; reported is the test accuracy after 200."""
    table = load_nb201(setting.table)
    objective, second = _with_second(setting, NB201Objective(table, setting.dataset))

    def report(cells: Sequence[Architecture]) -> list[float]:
        return [scores[TEST_ACCURACY.name] for scores in objective(cells, REPORT_EPOCHS)]

    goals, columns = _goals(VALID_ACCURACY, objective, second), objective.columns(SEARCH_EPOCHS)
    return Tabulated(NB201, objective, goals, SEARCH_EPOCHS, report, columns, table.best(setting.dataset)[1])


def _with_second(setting: Setting, objective: NB201Objective) -> tuple[NB201Objective, str]:
    path, colon, column = setting.second.rpartition(":")
    if not colon:
        _check_second(column, [measure.name for measure in OWN_MEASURES if measure != VALID_ACCURACY])
        return objective, column
    further = Measure(column, column.rpartition("_")[2], larger_is_better=False)
    return NB201Objective(objective.table, setting.dataset, {further: read_cells(path, column)}), column


def _macro(setting: Setting) -> Tabulated:
    """Searches are told, and reported is, the mean test accuracy of three seeds: the table has no other."""
    if setting.dataset != "cifar10":
        raise TableError(f"no data set {setting.dataset!r} in NAS-Bench-Macro; allowed: cifar10")
    table = load_macro(setting.table)
    objective = MacroObjective(table)
    _check_second(setting.second, [name for name in objective.measures if name != TEST_ACCURACY.name])

    def report(architectures: Sequence[Architecture]) -> list[float]:
        return [scores[TEST_ACCURACY.name] for scores in objective(architectures)]

    goals = _goals(TEST_ACCURACY, objective, setting.second)
    return Tabulated(named_space("nb_macro"), objective, goals, None, report, objective.columns(), table.best()[1])


def _check_second(name: str, known: Sequence[str]) -> None:
    if name and name not in known:
        raise TableError(f"{unknown('second number', name, known)}, or FILE:COLUMN")


def _goals(first: Measure, objective: Objective, second: str) -> tuple[Measure, ...]:
    return (first, objective.measures[second]) if second else (first,)


BENCHMARKS: Mapping[str, Callable[[Setting], Tabulated]] = {"nb201": _nb201, "nb_macro": _macro}
