"""The training step of a derived network, as ``dartsx evaluate`` sets it up, on a batch on the device."""

from __future__ import annotations

from typing import Any

import jax

from benchmarks.sizes import Size
from benchmarks.tasks.base import Task
from benchmarks.tasks.compiled import compiled_task
from benchmarks.tasks.search import CLASSES, random_batch
from dartsx.configs import cifar10
from dartsx.experiments.jobs.retraining import retrain_problem
from dartsx.experiments.settings import evaluate_settings
from dartsx.retrain import init_state, make_step
from dartsx.runtime import run_once

EPOCH = 520  # steps, as on CIFAR-10 at batch 96


def start(options: dict[str, Any]) -> Task:
    """Compiles the step and does it once.

    Args:
      options: the fields of a `Size`, genotype, form and remat (None: the config's), dtype, cache.
    """
    size = Size(*(options[name] for name in ("channels", "layers", "batch", "pixels")))
    config = cifar10.get_config()
    config.dtype, config.genotype = options["dtype"], options["genotype"]
    config.evaluate.channels, config.evaluate.layers = size.channels, size.layers
    config.evaluate.batch_size = size.batch
    for name in ("form", "remat"):
        if options[name] is not None:
            config.evaluate[name] = options[name]
    problem = retrain_problem(evaluate_settings(config), CLASSES, EPOCH)

    def make():
        state = run_once(lambda key: init_state(problem, key, (size.pixels, size.pixels, 3)), jax.random.key(0))
        return make_step(problem), state, (run_once(lambda: random_batch(1, size, config.dtype)),)

    return compiled_task(make, options["cache"])
