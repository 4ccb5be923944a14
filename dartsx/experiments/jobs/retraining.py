"""From the settings of an evaluation to its network and its optimiser."""

from __future__ import annotations

import dataclasses

import numpy as np

from dartsx.experiments.jobs.task_options import task_options
from dartsx.experiments.settings import EvaluateGroup, EvaluateSettings
from dartsx.networks import network as named_network
from dartsx.networks.recurrent import LSTM, lstm_width
from dartsx.nn import DescribedNetwork, RecurrentNetwork
from dartsx.nn.derived import AnyNetwork, network_of
from dartsx.retrain import RetrainProblem, Training
from dartsx.spaces import Architecture, Space
from dartsx.tasks import Classification, Task

# Networks of words by name: the layer, and (parameters, words) -> the width at which it has about so many.
_WORD_NETWORKS = {"lstm": (LSTM(), lstm_width)}


def retrain_problem(
    settings: EvaluateSettings, classes: int, steps: int, task: Task = Classification
) -> RetrainProblem:
    """Network and optimiser of an evaluation with `steps` steps per epoch."""
    return training_of(settings.evaluate).problem(_network(settings, classes, task), steps, task.loss, task.inputs)


def training_of(group: EvaluateGroup) -> Training:
    """How an evaluation trains."""
    return Training(**{field.name: getattr(group, field.name) for field in dataclasses.fields(Training)})


def _network(settings: EvaluateSettings, classes: int, task: Task) -> AnyNetwork:
    group = settings.evaluate
    if settings.network in _WORD_NETWORKS:
        layer, width_at = _WORD_NETWORKS[settings.network]
        width = width_at(_params_of_a_cell(settings, classes), classes)
        return RecurrentNetwork(layer, width, classes, **task_options(group, task), dtype=settings.dtype)
    if settings.network:
        return DescribedNetwork(named_network(settings.network, classes), settings.dtype, group.form)
    return derived_network(settings, settings.genotype, settings.space, classes, task)


def derived_network(
    settings: EvaluateSettings, architecture: Architecture, space: Space | None, classes: int, task: Task | type[Task]
) -> AnyNetwork:
    """The network of an architecture at the size of an evaluation; see `network_of`."""
    group = settings.evaluate
    return network_of(
        group.network,
        architecture,
        space,
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
