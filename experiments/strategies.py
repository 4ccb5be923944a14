"""Simulates strategies on NAS-Bench-201's table: searches that ask for cells and are told their scores.

``python -m experiments.strategies --strategies=random,evolution,local,reinforce --queries=100,200 --seeds=0:300``

A search is told the validation accuracy on CIFAR-10 after 12 epochs; reported is the test accuracy after 200 epochs of
the cell that it holds for the best. ``all`` stands for every strategy; ``--options='evolution.population=20;
local.repeats=false'`` changes options. With ``--second`` a further number counts, such as ``macs`` or the column of a
file of latencies, and the share of the volume that the cells asked for dominate is reported too. ``--workdir`` gets
the table, and curves over all queries as CSV and as plots.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Products of strategies are small: threads inside them only wait for each other. Searches run in processes instead.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from absl import flags

from dartsx.catalog import STRATEGIES, option_values
from experiments.settings import SettingsError, read_seeds, run_main

_STRATEGIES = flags.DEFINE_list("strategies", ["random", "local", "evolution", "reinforce"], "strategies; or all")
_TABLE = flags.DEFINE_string("table", "", "NAS-Bench-201's table; empty: the one that ships with dartsx")
_DATASET = flags.DEFINE_enum("dataset", "cifar10", ["cifar10", "cifar100", "in16"], "data set of the table")
_QUERIES = flags.DEFINE_list("queries", ["100", "200"], "numbers of queries after which is reported")
_SEEDS = flags.DEFINE_string("seeds", "0:300", "first:end, or numbers separated by commas")
_OPTIONS = flags.DEFINE_string("options", "", "STRATEGY.OPTION=VALUE, separated by semicolons")
_SECOND = flags.DEFINE_string("second", "", "a further number that counts: params, macs, or FILE:COLUMN")
_FORMAT = flags.DEFINE_enum("format", "table", ["table", "markdown", "json"], "for a terminal, a document, a program")
_WORKDIR = flags.DEFINE_string("workdir", "", "folder for the table and the curves; empty: none")
_PROCESSES = flags.DEFINE_integer("processes", 0, "processes; 0: one for each core", lower_bound=0)

PUBLISHED = (
    "Published, with a simulated budget of 12,000 s: random search 93.70 +- 0.36, REINFORCE 93.85 +- 0.37 "
    "(arXiv:2001.00326, n = 500)."
)


def main(arguments: Sequence[str]) -> None:
    """Prints the rows."""
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")
    numbers, seeds = read_queries(_QUERIES.value), read_seeds(_SEEDS.value)
    from experiments.jobs import simulation

    chosen = read_options(read_strategies(_STRATEGIES.value), _OPTIONS.value, simulation.OPTIONS)
    setting = simulation.Setting(simulation.table_path(_TABLE.value), _DATASET.value, _SECOND.value, max(numbers))
    processes = _PROCESSES.value or len(os.sched_getaffinity(0))
    curves = simulation.simulate(chosen, setting, seeds, processes)
    made = rows(curves, numbers)
    if _WORKDIR.value:
        write(pathlib.Path(_WORKDIR.value), made, curves, setting)
    print(text_of(made, _FORMAT.value))


def read_strategies(names: Sequence[str]) -> list[str]:
    """Each once, all of them for ``all``.

    Raises SettingsError for an unknown name, and for none.
    """
    found = list(dict.fromkeys(name for given in names for name in (STRATEGIES if given == "all" else (given,))))
    for name in found:
        if name not in STRATEGIES:
            raise SettingsError(f"--strategies: unknown strategy {name!r}; allowed: {', '.join(STRATEGIES)}, all")
    if not found:
        raise SettingsError("--strategies names none")
    return found


def read_queries(given: Sequence[str]) -> list[int]:
    """Numbers of queries; raises SettingsError for anything else."""
    if not given or not all(re.fullmatch(r"[1-9][0-9]{0,5}", text) for text in given):
        raise SettingsError(f"--queries={','.join(given)}: must be numbers above 0, such as 100,200")
    return [int(text) for text in given]


def read_options(
    names: Sequence[str], text: str, special: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Options by strategy: the special ones, overridden by the text's.

    Raises SettingsError for what is no option, or has a value that is not allowed.
    """
    chosen = {name: dict(special.get(name, {})) for name in names}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        match = re.fullmatch(r"(\w+)\.(\w+)\s*=\s*(\S+)", part)
        if not match or match[1] not in chosen:
            raise SettingsError(f"--options: {part!r} is not STRATEGY.OPTION=VALUE of {', '.join(names)}")
        try:
            chosen[match[1]][match[2]] = json.loads(match[3].lower())
        except ValueError:
            raise SettingsError(f"--options: {part!r}: {match[3]!r} is no number, true or false") from None
    for name, options in chosen.items():
        try:
            option_values(name, STRATEGIES[name].options, options)
        except ValueError as error:
            raise SettingsError(f"--options: {error}") from None
    return chosen


def rows(curves: Mapping[str, Any], numbers: Sequence[int]) -> list[dict[str, Any]]:
    """One row per strategy and number of queries, percent."""
    from dartsx.strategies.simulation import figures

    made = []
    for name, found in curves.items():
        for number in numbers:
            accuracy = figures(found.accuracy, number)
            row = {"strategy": name, "queries": number, **accuracy._asdict()}
            if found.volume is not None:
                row["hypervolume"] = figures(found.volume, number).mean
            made.append(row)
    return made


def text_of(made: Sequence[Mapping[str, Any]], form: str) -> str:
    """The rows as a table with its sources, or as JSON."""
    if form == "json":
        return json.dumps(made, indent=1)
    head = list(made[0])
    lines = [
        [str(row[name]) if not isinstance(row[name], float) else f"{row[name]:.3f}" for name in head] for row in made
    ]
    if form == "markdown":
        cells = [head, ["---"] * len(head), *lines]
        return "\n".join(f"| {' | '.join(line)} |" for line in cells) + f"\n\n{PUBLISHED}"
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *lines)]
    return "\n".join((*(text.rstrip() for text in texts), "", PUBLISHED))


def write(folder: pathlib.Path, made: Sequence[Mapping[str, Any]], curves: Mapping[str, Any], setting: Any) -> None:
    """Writes strategies.md and strategies.json, and curves as CSV and SVG."""
    from dartsx.report.anytime import anytime_csv, anytime_plot
    from dartsx.tabular import load_nb201

    folder.mkdir(parents=True, exist_ok=True)
    accuracy = {name: found.accuracy for name, found in curves.items()}
    optimum = load_nb201(setting.table).best(setting.dataset)[1]
    files = {
        "strategies.md": text_of(made, "markdown") + "\n",
        "strategies.json": text_of(made, "json") + "\n",
        "accuracy.csv": anytime_csv(accuracy),
        "accuracy.svg": anytime_plot(accuracy, f"{setting.dataset}: test accuracy (%) of the chosen cell", optimum),
    }
    if setting.second:
        volume = {name: found.volume for name, found in curves.items()}
        files["hypervolume.csv"] = anytime_csv(volume)
        what = f"dominated share of the volume (valid_accuracy, {setting.second.rpartition(':')[2]})"
        files["hypervolume.svg"] = anytime_plot(volume, what)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    run_main(main, config=None)
