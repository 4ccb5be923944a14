"""Simulates strategies on the table of a benchmark: searches that ask for architectures and are told their scores.

``dartsx strategies --strategies=random,evolution,local,reinforce --queries=100,200 --seeds=0:300``

A search is told the validation accuracy on CIFAR-10 after 12 epochs; reported is the test accuracy after 200 epochs of
the cell that it holds for the best. ``all`` stands for every strategy; ``--options='evolution.population=20;
local.repeats=false'`` changes options. With ``--second`` a further number counts, such as ``macs`` or the column of a
file of latencies, and the share of the volume that the cells asked for dominate is reported too. ``--workdir`` gets
the table, and curves over all queries as CSV and as plots.

``--space=nb_macro`` searches NAS-Bench-Macro, whose one number, the test accuracy, is both told and reported.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

from absl import flags

from dartsx.experiments.settings import SettingsError, read_seeds, run_main
from dartsx.experiments.settings.strategies import read_options, read_queries, read_strategies

_STRATEGIES = flags.DEFINE_list("strategies", ["random", "local", "evolution", "reinforce"], "strategies; or all")
_SPACE = flags.DEFINE_enum("space", "nb201", ["nb201", "nb_macro"], "the benchmark: NAS-Bench-201 or NAS-Bench-Macro")
_TABLE = flags.DEFINE_string("table", "", "file of its table; empty: the one that ships with dartsx")
_DATASET = flags.DEFINE_enum("dataset", "cifar10", ["cifar10", "cifar100", "in16"], "data set of the table")
_QUERIES = flags.DEFINE_list("queries", ["100", "200"], "numbers of queries after which is reported")
_SEEDS = flags.DEFINE_string("seeds", "0:300", "first:end, or numbers separated by commas")
_OPTIONS = flags.DEFINE_string("options", "", "STRATEGY.OPTION=VALUE, separated by semicolons")
_SECOND = flags.DEFINE_string("second", "", "a further number that counts: params, macs, or FILE:COLUMN")
_FORMAT = flags.DEFINE_enum("format", "table", ["table", "markdown", "json"], "for a terminal, a document, a program")
_WORKDIR = flags.DEFINE_string("workdir", "", "folder for the table and the curves; empty: none")
_PROCESSES = flags.DEFINE_integer("processes", 0, "processes; 0: one for each core", lower_bound=0)


def main(arguments: Sequence[str]) -> None:
    """Prints the rows."""
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")
    numbers, seeds = read_queries(_QUERIES.value), read_seeds(_SEEDS.value)
    from dartsx.experiments.jobs import (  # after flags: they import NumPy and pandas
        simulation,
        simulation_rows,
        tabulated,
    )

    chosen = read_options(read_strategies(_STRATEGIES.value), _OPTIONS.value, simulation.OPTIONS)
    table = tabulated.table_path(_TABLE.value)
    setting = tabulated.Setting(table, _DATASET.value, _SECOND.value, max(numbers), _SPACE.value)
    processes = _PROCESSES.value or os.cpu_count() or 1
    # The processes' products are small: threads inside them would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    curves = simulation.simulate(chosen, setting, seeds, processes)
    made = simulation_rows.rows(curves, numbers)
    if _WORKDIR.value:
        simulation_rows.write(pathlib.Path(_WORKDIR.value), made, curves, setting)
    print(simulation_rows.text_of(made, _FORMAT.value, simulation_rows.notes(setting)))


if __name__ == "__main__":
    run_main(main, config=None)
