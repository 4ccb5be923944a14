"""Steps of any config as functions and shapes, for programs that are compiled but not run here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
from jax.sharding import AxisType, Mesh

from benchmarks.sizes import SIZES, Size
from benchmarks.stand_in_data import stand_in
from dartsx.data import AugmentPolicy
from dartsx.experiments.jobs.retraining import retrain_problem
from dartsx.experiments.jobs.search import search_plan
from dartsx.experiments.settings import evaluate_settings, search_settings
from dartsx.retrain import init_state as init_network
from dartsx.retrain import make_step as make_network_step
from dartsx.runtime import batch_sharding, replicated
from dartsx.runtime.mesh import AXIS
from dartsx.search import init_state, make_step, search_problem
from dartsx.search.population import over_members
from dartsx.tasks import Task, task_of

EPOCH = 390  # steps, as on CIFAR-10 at batch 64: they only enter schedules
NETWORK_SIZES = {"small": Size(4, 5, 32, 32), "medium": Size(16, 8, 64, 32), "full": Size(36, 20, 96, 32)}


class Step(NamedTuple):
    """A function, the shapes of its arguments with their shardings, and which arguments it may overwrite."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    donated: int = 0


def resized(config: Any, what: str, size: str) -> int:
    """Sets channels, layers and batch of a config to a size by name; returns the pixels of its images."""
    chosen = (NETWORK_SIZES if what == "evaluate" else SIZES)[size]
    group = config.evaluate if what == "evaluate" else config.search
    group.channels, group.layers, group.batch_size = chosen.channels, chosen.layers, chosen.batch
    return chosen.pixels


def step_of(
    config: Any, what: str, pixels: int, backend: str, mesh: Mesh, members: int = 8, layout: str | None = None
) -> Step:
    """The step that a config stands for.

    Args:
      config: a config of ``configs/``.
      what: search, evaluate or population.
      pixels: height and width of the images that the network reads.
      backend: where the program will run: it decides which forms are computed.
      mesh: devices over which batches (or members) are split.
      members: members of the population.
      layout: layout of the arrays of cells; None to choose.
    """
    key = jax.eval_shape(lambda: jax.random.key(0))
    if what == "evaluate":
        settings = evaluate_settings(config)
        task, group = task_of(stand_in(settings.dataset, pixels)), settings.evaluate
        problem = retrain_problem(settings, task.dataset.num_classes, EPOCH, task)
        problem = dataclasses.replace(problem, network=_made_for(problem.network, backend, layout))
        state = jax.eval_shape(lambda k: init_network(problem, k, task.dataset.image_shape), key)
        batch = _batch(task, group.batch_size, group.augment, settings.dtype, mesh)
        return Step(make_network_step(problem), (_everywhere(state, mesh), batch))
    settings = search_settings(config)
    task, group = task_of(stand_in(settings.dataset, pixels)), settings.search
    shape = task.dataset.image_shape
    problem = search_problem(search_plan(settings, task.dataset), EPOCH, shape)
    supernet = _made_for(problem.supernet, backend, layout)
    problem = dataclasses.replace(problem, supernet=supernet, backend=backend)
    state, step = jax.eval_shape(lambda k: init_state(problem, k, shape), key), make_step(problem)
    if what == "search":
        batch = _batch(task, group.batch_size, group.augment, settings.dtype, mesh)
        return Step(step, (_everywhere(state, mesh), batch, batch))
    batch = _batch(task, group.batch_size, group.augment, settings.dtype, None)
    several = over_members(lambda member, _: step(*member), mesh, settings.population_chunk)
    members = _members((state, batch, batch), members, mesh)
    return Step(lambda state, train, valid: several((state, train, valid), ()), members)


def _made_for(module: nn.Module, backend: str, layout: str | None) -> nn.Module:
    return module.clone(backend=backend, **({"layout": layout} if layout else {}))


def _batch(task: Task, size: int, policy: AugmentPolicy, dtype: str, mesh: Mesh | None) -> Any:
    """Shapes of a training batch of a task, split over the devices of a mesh."""
    here = Mesh(np.array(jax.devices("cpu")[:1]), (AXIS,), axis_types=(AxisType.Auto,))
    examples = task.examples("train", policy, dtype, here)
    rows = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((size, *leaf.shape[1:]), leaf.dtype), examples.arrays)
    made = jax.eval_shape(examples.augmented, rows, jax.eval_shape(lambda: jax.random.key(0)))
    sharding = mesh and batch_sharding(mesh)
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), made)


def _everywhere(tree: Any, mesh: Mesh) -> Any:
    sharding = replicated(mesh)
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), tree)


def _members(tree: Any, count: int, mesh: Mesh) -> Any:
    sharding = batch_sharding(mesh)
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((count, *leaf.shape), leaf.dtype, sharding=sharding), tree)
