"""A search, from a config to a work directory with its architecture."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
from ml_collections import ConfigDict

from dartsx.data import Dataset
from dartsx.feeds import Examples, image_examples
from dartsx.runtime import open_workdir
from dartsx.search import Alphas, Bound, Plan, PlanError, Search, Weights, run_stages
from dartsx.spaces import Space
from experiments.jobs.setup import comparison, finished_before, inputs, load_checked, resolved, start
from experiments.settings import SearchSettings, search_settings, wrong

# Fields of the config that the arguments of a plan come from, where both can be wrong.
FIELDS = {"method": "method", "channels": "search.channels", "bound": "search.cost.kind"}
NOT_READ = ("evaluate", "genotype", "network")  # by a search


def run_one_search(
    config: ConfigDict,
    workdir: str | os.PathLike,
    change: Callable[[Plan], Plan] = lambda plan: plan,
    further: Mapping[str, Any] | None = None,
) -> bool:
    """Runs or resumes a search of one seed.

    Args:
      config: a config of ``configs/``.
      workdir: where everything is written; see the README.
      change: makes the plan that is run of the config's.
      further: what config.json holds besides, to tell this run from others.

    Returns:
      Whether the search is finished (False: stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = search_settings(config)
    mesh = start(settings)
    dataset, plain = load_checked(settings), {**resolved(config, NOT_READ), **(further or {})}
    with blaming_fields():
        plan = change(plan_of(settings, dataset.num_classes))
        search = Search(plan, search_examples(settings, dataset, mesh), settings.seed, mesh)
        run = run_record(search, dataset)
        with open_workdir(
            workdir, plain, "search", run=run, inputs=inputs(dataset.identity), **comparison(plain)
        ) as folder:
            return finished_before(folder) or run_stages(search, folder, title(settings)) is not None


def run_record(search: Search, dataset: Dataset) -> dict[str, Any]:
    """Fields of run.json."""
    named = {"seed": search.seed, "dataset": dataset.label, "method": search.problem.method.name}
    return named | {"decisions": decisions_of_rows(search.plan.space)}


def decisions_of_rows(space: Space) -> dict[str, dict[str, list[str]]]:
    """What the rows of strengths.jsonl decide: by group the names of the decisions in order, with their options."""
    names = iter(space.decisions)
    return {group: {next(names): list(labels) for labels in rows} for group, rows in space.options.items()}


def title(settings: SearchSettings) -> str:
    """What progress bars call a search."""
    return f"search {settings.dataset.name}"


def search_examples(settings: SearchSettings, dataset: Dataset, mesh: jax.sharding.Mesh) -> Examples:
    """The training images on the devices."""
    return image_examples(dataset.train, dataset, settings.search.augment, settings.dtype, mesh)


def plan_of(settings: SearchSettings, classes: int) -> Plan:
    """The settings of a search of so many classes as a plan."""
    group, cost = settings.search, settings.search.cost
    sizes = {"channels": cost.channels, "layers": cost.layers}
    bound = Bound(cost.kind, cost.target, cost.weight, cost.form, cost.power, **sizes, table=cost.table)
    return Plan(
        settings.space,
        classes,
        settings.method,
        settings.method_options,
        settings.hypergradient,
        settings.hypergradient_terms,
        epochs=group.epochs,
        batch_size=group.batch_size,
        max_steps=group.max_steps,
        train_fraction=group.train_fraction,
        channels=group.channels,
        layers=group.layers,
        stem_multiplier=group.stem_multiplier,
        dtype=settings.dtype,
        form=group.form,
        remat=group.remat,
        weights=Weights(**vars(group.weights)),
        alphas=Alphas(**vars(group.alphas)),
        bound=bound if cost.kind else None,
        diagnose_every=group.diagnosis.every,
        diagnose_iterations=group.diagnosis.iterations,
        chunk_steps=group.chunk_steps,
        checkpoint_every=group.checkpoint_every,
        keep_checkpoints=group.keep_checkpoints,
    )


@contextlib.contextmanager
def blaming_fields() -> Iterator[None]:
    """Names the field of the config where a plan's argument is wrong."""
    try:
        yield
    except PlanError as error:
        raise wrong(FIELDS[error.argument], error.value, error.problem) from error
