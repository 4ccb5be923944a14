"""From the settings of an evaluation to its network and its optimiser."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from dartsx import optim
from dartsx.experiments.jobs.task_options import task_options
from dartsx.experiments.settings import EvaluateSettings
from dartsx.networks import network as named_network
from dartsx.networks.recurrent import LSTM, lstm_width
from dartsx.nn import DescribedNetwork, RecurrentNetwork
from dartsx.nn.derived import AnyNetwork, network_of
from dartsx.retrain import RetrainProblem
from dartsx.tasks import Classification, Task

# Networks of words by name: the layer, and (parameters, words) -> the width at which it has about so many.
_WORD_NETWORKS = {"lstm": (LSTM(), lstm_width)}


def retrain_problem(
    settings: EvaluateSettings, classes: int, steps: int, task: Task = Classification
) -> RetrainProblem:
    """Network and optimiser of an evaluation with `steps` steps per epoch."""
    return problem_of(settings, _network(settings, classes, task), steps, task)


def problem_of(settings: EvaluateSettings, network: Any, steps: int, task: Task = Classification) -> RetrainProblem:
    """A network, and the optimiser of an evaluation with `steps` steps per epoch."""
    group = settings.evaluate
    rate = _schedule(group, steps)
    optimizer = optim.sgd(rate, group.momentum, group.weight_decay, group.clip)
    if group.average_from:
        optimizer = optim.averaged(optimizer, group.average_from * steps)
    return RetrainProblem(
        network=network,
        optimizer=optimizer,
        rate=rate,
        epochs=group.epochs,
        steps_per_epoch=steps,
        drop_path=group.drop_path,
        auxiliary_weight=group.auxiliary_weight,
        loss=task.loss(group.label_smoothing),
        inputs=task.inputs,
        average=bool(group.average_from),
    )


def _network(settings: EvaluateSettings, classes: int, task: Task) -> AnyNetwork:
    group = settings.evaluate
    if settings.network in _WORD_NETWORKS:
        layer, width_at = _WORD_NETWORKS[settings.network]
        width = width_at(_params_of_a_cell(settings, classes), classes)
        return RecurrentNetwork(layer, width, classes, **task_options(group, task), dtype=settings.dtype)
    if settings.network:
        return DescribedNetwork(named_network(settings.network, classes), settings.dtype, group.form)
    return network_of(
        group.network,
        settings.genotype,
        settings.space,
        channels=group.channels,
        layers=group.layers,
        classes=classes,
        auxiliary=group.auxiliary,
        remat=group.remat,
        dtype=settings.dtype,
        form=group.form,
        **task_options(group, task),
    )


def _params_of_a_cell(settings: EvaluateSettings, classes: int) -> int:
    """Parameters of the language model of a cell of the space, at the width of the settings."""
    space, group = settings.space, settings.evaluate
    cell = space.sample(np.random.default_rng(0))  # all have as many
    scale = dataclasses.replace(space.scale, channels=group.channels, classes=classes)
    return space.network(cell, scale).params()


def _schedule(group, steps: int):
    peak = group.learning_rate
    schedules = {
        "cosine": lambda: optim.cosine_per_epoch(peak, group.learning_rate_min, group.epochs, steps),
        "linear": lambda: optim.linear_per_epoch(peak, group.learning_rate_min, group.epochs, steps),
        "exponential": lambda: optim.exponential_per_epoch(peak, group.decay, steps),
    }
    return optim.warm_up(schedules[group.schedule](), group.warmup_epochs, steps)
