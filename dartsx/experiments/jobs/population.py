"""Searches from a config: one, or several seeds in one program, each with a work directory of its own.

The folder of a population holds the checkpoints, config.json, run.json and timing.jsonl of the whole; ``member0``,
``member1``, ... in it are regular work directories of searches with seed, seed + 1, ... (no checkpoints of their own).
On a CPU the members are shared by as many emulated devices as there are cores, see `dartsx.runtime.split_cpu`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib

import jax
from ml_collections import ConfigDict

from dartsx.catalog import LEFT_OUT
from dartsx.experiments.jobs.search import (
    blaming_fields,
    run_one_search,
    run_record,
    search_examples,
    search_plan,
    title,
)
from dartsx.experiments.jobs.setup import AnyDataset, comparison, finished_before, inputs, load_checked, resolved, start
from dartsx.experiments.settings import SearchSettings, member_config, search_settings, with_values
from dartsx.runtime import open_workdir
from dartsx.search import Population


def run_search(config: ConfigDict, workdir: str | os.PathLike, pause_after: int | None = None) -> bool:
    """Runs or resumes a search, or with ``config.population`` above 1 searches of as many seeds at once.

    Args:
      config: a config of ``configs/``.
      workdir: where everything is written; see docs/workdir.md and this module.
      pause_after: epochs after which it stops this time; None for all.

    Returns:
      Whether all is finished (False: paused or stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data or the devices.
      WorkdirError: the folder holds another run.
      NonFiniteError: no member is left whose losses are finite.
    """
    settings = search_settings(config)
    if settings.population == 1:
        return run_one_search(config, workdir, pause_after)
    mesh = start(settings)
    dataset, plain = load_checked(settings), resolved(config, LEFT_OUT["search"])
    with blaming_fields(), contextlib.ExitStack() as stack:
        population = population_of(settings, dataset, mesh)
        records = [run_record(member, dataset) for member in population.members]

        def opened(path, config, kind, run):
            given = {"run": run, "inputs": inputs(dataset.identity), "pause_after": pause_after, **comparison(config)}
            return stack.enter_context(open_workdir(path, config, kind, **given))

        size = {"population": settings.population}
        folder = opened(workdir, plain, "population", records[0] | size)
        if finished_before(folder):
            return True
        folders = [
            opened(
                folder.path / f"member{i}",
                member_config(plain, settings, i),
                "search",
                record | {"population": {"members": settings.population, "member": i}},
            )
            for i, record in enumerate(records)
        ]
        return population.run(folder, folders, title(settings)) is not None


def searches_in(workdir: str | os.PathLike) -> list[pathlib.Path]:
    """Work directories of the finished searches of a `run_search`: the folder itself, or those of its members."""
    folder = pathlib.Path(workdir)
    found = [folder, *sorted(folder.glob("member*"), key=lambda path: (len(path.name), path.name))]
    return [path for path in found if (path / "genotype.json").is_file()]


def population_of(settings: SearchSettings, dataset: AnyDataset, mesh: jax.sharding.Mesh) -> Population:
    """The searches of all seeds; their own numbers take the place of the settings' shared ones."""
    return Population(
        lambda values: search_plan(with_values(settings, values), dataset),
        search_examples(settings, dataset, mesh),
        range(settings.seed, settings.seed + settings.population),
        mesh,
        settings.varied,
        settings.population_chunk,
    )
