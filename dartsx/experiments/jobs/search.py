"""A search, from a config to a work directory with its architecture."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
from ml_collections import ConfigDict

from dartsx.catalog import ALWAYS_THERE, LEFT_OUT
from dartsx.data.known import KNOWN
from dartsx.data.prepared import base_name
from dartsx.experiments.jobs.setup import (
    AnyDataset,
    comparison,
    finished_before,
    inputs,
    load_checked,
    load_data,
    resolved,
    start,
)
from dartsx.experiments.jobs.task_options import task_options
from dartsx.experiments.settings import SearchSettings, search_settings, wrong
from dartsx.feeds import Examples
from dartsx.runtime import open_workdir
from dartsx.search import Alphas, Bound, Plan, PlanError, Search, Weights, check_stages, run_stages
from dartsx.spaces import Space
from dartsx.tasks import task_of

# Fields of the config that the arguments of a plan come from, where both can be wrong.
FIELDS = {
    "method": "method",
    "channels": "search.channels",
    "bound": "search.cost.kind",
    "target": "search.cost.target",
    "sharing": "search.sharing",
}


def run_one_search(
    config: ConfigDict,
    workdir: str | os.PathLike,
    pause_after: int | None = None,
    change: Callable[[Plan], Plan] = lambda plan: plan,
    further: Mapping[str, Any] | None = None,
) -> bool:
    """Runs or resumes a search of one seed.

    Args:
      config: a config of ``configs/``.
      workdir: where everything is written; see docs/workdir.md.
      pause_after: epochs after which it stops this time; None for all.
      change: makes the plan that is run of the config's.
      further: what config.json holds besides, to tell this run from others.

    Returns:
      Whether the search is finished (False: paused or stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = search_settings(config)
    mesh = start(settings)
    dataset, plain = load_checked(settings), {**resolved(config, LEFT_OUT["search"]), **(further or {})}
    with blaming_fields():
        plan = change(search_plan(settings, dataset))
        search = Search(plan, search_examples(settings, dataset, mesh), settings.seed, mesh)
        check_stages(plan, search.full_epoch, search.image_shape)
        run = run_record(search, dataset)
        given = {"run": run, "inputs": inputs(dataset.identity), "pause_after": pause_after, **comparison(plain)}
        with open_workdir(workdir, plain, "search", **given) as folder:
            return finished_before(folder) or run_stages(search, folder, title(settings)) is not None


def run_record(search: Search, dataset: AnyDataset) -> dict[str, Any]:
    """Fields of run.json."""
    named = {"seed": search.seed, "dataset": dataset.label, "task": dataset.task, "method": search.problem.method.name}
    return named | {"decisions": decisions_of_rows(search.plan.space)}


def decisions_of_rows(space: Space) -> dict[str, dict[str, list[str]]]:
    """What the rows of strengths.jsonl decide: by group the names of the decisions in order, with their options."""
    names = iter(space.decisions)
    return {group: {next(names): list(labels) for labels in rows} for group, rows in space.options.items()}


def title(settings: SearchSettings) -> str:
    """What progress bars call a search."""
    return f"search {settings.dataset.name}"


def search_examples(settings: SearchSettings, dataset: AnyDataset, mesh: jax.sharding.Mesh) -> Examples:
    """The training part of the data on the devices."""
    return task_of(dataset).examples("train", settings.search.augment, settings.dtype, mesh)


def search_plan(settings: SearchSettings, dataset: AnyDataset) -> Plan:
    """The settings of a search as a plan for the task that the data set."""
    plan, task = plan_of(settings, dataset.num_classes), task_of(dataset)
    given = task_options(settings.search, task)
    return dataclasses.replace(plan, loss=task.loss(), inputs=task.inputs, score=task.score, network=given)


def plan_of(settings: SearchSettings, classes: int) -> Plan:
    """The settings of a search of so many classes as a plan for classification."""
    group, cost = settings.search, settings.search.cost
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
        layout=group.layout,
        sharing=group.sharing,
        weights=Weights(**vars(group.weights)),
        alphas=Alphas(**vars(group.alphas)),
        bound=Bound(**vars(cost)) if cost.kind else None,
        diagnose_every=group.diagnosis.every,
        diagnose_iterations=group.diagnosis.iterations,
        chunk_steps=group.chunk_steps,
        checkpoint_every=group.checkpoint_every,
        keep_checkpoints=group.keep_checkpoints,
    )


def check_plan(settings: SearchSettings) -> None:
    """Names what does not fit in the method and the supernet before anything is compiled.

    A bound on the cost depends on the data. It is checked for those that are always there, which are loaded, and for
    those whose shape is known by name; other searches check theirs as they start.

    Raises:
      SettingsError: naming the field.
    """
    plan, shape = plan_of(settings, classes=10), (32, 32, 3)  # which without a bound say nothing
    if plan.bound is not None:
        plan, shape = _of_the_data(settings) or (dataclasses.replace(plan, bound=None), shape)
    with blaming_fields():
        check_stages(plan, steps=1, image_shape=shape)


def _of_the_data(settings: SearchSettings) -> tuple[Plan, tuple[int, ...]] | None:
    """The plan for the data, and the shape of what its supernet reads; None where they are not known before a run."""
    given = settings.dataset
    if given.name in ALWAYS_THERE:
        dataset = _loaded_once(given)
        return search_plan(settings, dataset), dataset.image_shape
    known = None if given.upscale else KNOWN.get(base_name(given.name))
    if known is None or known.shape is None:
        return None
    *size, channels = known.shape
    return plan_of(settings, known.classes), (*([given.image_size] * 2 if given.image_size else size), channels)


_loaded_once = functools.lru_cache(maxsize=1)(load_data)


@contextlib.contextmanager
def blaming_fields() -> Iterator[None]:
    """Names the field of the config where a plan's argument is wrong."""
    try:
        yield
    except PlanError as error:
        raise wrong(FIELDS[error.argument], error.value, error.problem) from error
