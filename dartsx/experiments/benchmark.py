"""Searches in NAS-Bench-201 by several methods, with what its table says of every epoch's cell.

``dartsx benchmark --methods=darts --seeds=0:3 --workdir=runs/benchmark``

A method may name its hypergradient: ``--methods=darts,darts@exact``; ``all`` stands for every method for spaces of
cells. Random search and random search with weight sharing are always there, at the cost of the first method.
``--config`` (default nb201; nb201_small for a CPU) says on which images and at what size to search. Seeds that follow
each other are searched in one program where the method allows it. The same command goes on where it was stopped; with
more methods it adds them.
"""

import sys
from collections.abc import Sequence

from absl import flags

from dartsx.catalog import HYPERGRADIENTS, METHODS
from dartsx.experiments.settings import (
    REQUIRED,
    SettingsError,
    parse_config,
    read_seeds,
    run_main,
    search_settings,
    stopped,
    wrong,
)
from dartsx.experiments.settings.command_line import overrides
from dartsx.experiments.settings.load import split_source

_METHODS = flags.DEFINE_list("methods", ["darts"], "search methods, each may end in @HYPERGRADIENT; or all")
_SEEDS = flags.DEFINE_string("seeds", "0:3", "first:end, or numbers separated by commas")
_TABLE = flags.DEFINE_string("table", "", "NAS-Bench-201's table; empty: the one that ships with dartsx")
CONFIG = "nb201.py"
_UNNAMED = next(iter(HYPERGRADIENTS))  # hypergradient of a method that names none
_BY_SEEDS = ("seed", "population")  # fields that --seeds decides


def main(config, workdir: str) -> None:
    """Runs what is missing and prints the table."""
    del config  # each method has its own
    seeds = read_seeds(_SEEDS.value)
    configs = {name: method_config(name, sys.argv) for name in read_methods(_METHODS.value)}
    from dartsx.experiments.jobs.benchmark import run_benchmark  # imports JAX: wrong flags fail before that
    from dartsx.tabular import load_nb201

    text = run_benchmark(configs, seeds, load_nb201(_TABLE.value), workdir)
    print(text or stopped(workdir))


def read_methods(names: Sequence[str]) -> tuple[str, ...]:
    """The names given, each once, with those of all methods that search cells for ``all``."""
    everything = tuple(name for name, method in METHODS.items() if not method.only_described)
    return tuple(dict.fromkeys(name for given in names for name in (everything if given == "all" else (given,))))


def method_config(name: str, argv: list[str]):
    """The config of a method: its own settings first, then the command line's.

    Raises:
      SettingsError: no such method or hypergradient, a field that other flags decide, or another wrong setting.
    """
    method, at, hypergradient = name.partition("@")
    given = parse_config(argv, CONFIG)
    source, argument = split_source(given.source)
    if argument is not None:
        raise SettingsError(f"--config={given.source}: methods are named by --methods; write --config={source}")
    if field := next((field for field in _BY_SEEDS if field in given.overridden), None):
        raise SettingsError(f"--config.{field}: the benchmark sets it by --seeds; leave it out", field)
    own = [f"--config.hypergradient={hypergradient}"] if at else []
    config = parse_config([argv[0], f"--config={source}:{method}", *own, *overrides(argv)], CONFIG).config
    search_settings(config)  # names what is wrong before anything is compiled
    for field, named in (("method", method), ("hypergradient", hypergradient or _UNNAMED)):
        if config[field] != named:
            problem = f"--methods={name} searches by {named}; name another there, such as darts@exact"
            raise wrong(field, config[field], problem)
    return config


if __name__ == "__main__":
    run_main(main, config=CONFIG, workdir=REQUIRED)
