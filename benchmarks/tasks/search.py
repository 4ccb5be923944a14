"""The search step of dartsx, as ``dartsx search`` sets it up, on batches that lie on the device."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.sizes import Size
from benchmarks.tasks.base import Task
from benchmarks.tasks.compiled import compiled_task
from dartsx.configs import cifar10
from dartsx.experiments.jobs.search import plan_of
from dartsx.experiments.settings import SearchSettings, search_settings
from dartsx.runtime import run_once
from dartsx.search import Batch, Plan, init_state, make_step, search_problem
from dartsx.search.methods.p_darts import narrowed, strongest

CLASSES = 10
EPOCH = 390  # steps, as on CIFAR-10 at batch 64


def settings_of(options: dict[str, Any]) -> SearchSettings:
    """Settings of the CIFAR-10 search at the size and with the choices asked for.

    Args:
      options: the fields of a `Size`, hypergradient, form and remat (None: the config's), dtype; ``method`` if it is
        another one than DARTS; ``keep`` if only so many candidates are left on every edge.
    """
    config = cifar10.get_config()
    config.dtype, config.hypergradient = options["dtype"], options["hypergradient"]
    config.method = options.get("method", config.method)
    config.search.channels, config.search.layers = options["channels"], options["layers"]
    config.search.batch_size = options["batch"]
    for name in ("form", "remat"):
        if options[name] is not None:
            config.search[name] = options[name]
    return search_settings(config)


def random_batch(seed: int, size: Size, dtype: str) -> Batch:
    """Normal pixels and uniform labels: the time of a step does not depend on them."""
    pixels, labels = jax.random.split(jax.random.key(seed))
    shape = (size.batch, size.pixels, size.pixels, 3)
    return Batch(jax.random.normal(pixels, shape, jnp.dtype(dtype)), jax.random.randint(labels, shape[:1], 0, CLASSES))


def _keeping(plan: Plan, keep: int) -> Plan:
    """The plan with `keep` candidates on every edge, drawn at random; all if 0."""
    if not keep:
        return plan
    rng = np.random.default_rng(0)
    strengths = {name: rng.uniform(size=shape) for name, shape in plan.space.alpha_shapes.items()}
    everything = {name: np.ones(shape, bool) for name, shape in plan.space.alpha_shapes.items()}
    kept = strongest(plan.space, strengths, everything, keep)
    return dataclasses.replace(plan, change=lambda method, task: narrowed(method, kept))


def start(options: dict[str, Any]) -> Task:
    """Compiles the step and does it once; for `options` see `settings_of`, and ``cache``."""
    size = Size(*(options[name] for name in ("channels", "layers", "batch", "pixels")))
    settings = settings_of(options)
    image_shape = (size.pixels, size.pixels, 3)
    plan = _keeping(plan_of(settings, CLASSES), options.get("keep", 0))
    problem = search_problem(plan, EPOCH, image_shape)

    def make():
        state = run_once(lambda key: init_state(problem, key, image_shape), jax.random.key(0))
        batches = tuple(run_once(lambda i=i: random_batch(i, size, settings.dtype)) for i in (1, 2))
        return make_step(problem), state, batches

    return compiled_task(make, options["cache"])
