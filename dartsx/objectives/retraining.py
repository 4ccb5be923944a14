"""Scores by training: every architecture's network from scratch, shortly or in full.

Fidelity is what is trained for how long on what: epochs (the budget), width and depth of the networks, and number of
images. Networks are those that an evaluation trains, without an auxiliary head.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from dartsx import optim
from dartsx.catalog import EXECUTORS
from dartsx.data import AugmentPolicy, Dataset, search_halves
from dartsx.data.dense import DenseDataset
from dartsx.feeds import InMemory
from dartsx.nn.derived import network_of
from dartsx.objectives.objective import MACS, PARAMS, TRAINING_MACS, VALIDATED, Measure, Scores
from dartsx.retrain import RetrainProblem, init_state, make_step, predict
from dartsx.runtime import at_step, jit, put_replicated, run_once, stream
from dartsx.spaces import Architecture, Space
from dartsx.tasks import Task, task_of


@dataclasses.dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes:
      epochs: passes over the training images, where the objective is given no budget.
      channels, layers: width and depth of the networks, see `dartsx.spaces.Scale`.
      batch_size: images of a batch.
      learning_rate, learning_rate_min: first and last rate of the cosine schedule.
      momentum, weight_decay, clip: see `dartsx.optim.sgd`.
      drop_path: probability that grows to this.
      label_smoothing: see `dartsx.losses.classification`.
      augment: what is done to training images.
    """

    epochs: int = 12
    channels: int = 16
    layers: int = 5
    batch_size: int = 64
    learning_rate: float = 0.025
    learning_rate_min: float = 0.0
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0
    drop_path: float = 0.0
    label_smoothing: float = 0.0
    augment: AugmentPolicy = AugmentPolicy()


@dataclasses.dataclass(frozen=True, eq=False)
class Retraining:
    """The objective: accuracy on the training images that are held out, or what counts in another task of images.

    A network that diverges has none.

    Attributes:
      space: the space of the architectures.
      dataset: its test images are not looked at.
      training: how networks are trained.
      mesh: the devices.
      images: number of images to train on; None for all that are not held out.
      train_fraction: share of the training images that is not held out.
      seed: seed of the split, of weights and of augmentation, the same for all architectures.
    """

    space: Space
    dataset: Dataset | DenseDataset
    training: Training
    mesh: jax.sharding.Mesh
    images: int | None = None
    train_fraction: float = 0.5
    seed: int = 0

    @property
    def main(self) -> Measure:
        """What networks are trained for."""
        return VALIDATED[self.dataset.task]

    @property
    def measures(self) -> dict[str, Measure]:
        """See `Objective`."""
        return {measure.name: measure for measure in (self.main, PARAMS, MACS, TRAINING_MACS)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Trains networks one after the other for so many epochs.

        Raises ValueError for a budget below 1, and for less images than make a batch.
        """
        epochs = self.training.epochs if budget is None else budget
        if epochs < 1:
            raise ValueError(f"networks are trained for 1 epoch or more, not for {epochs}")
        return [self._scores(architecture, epochs) for architecture in architectures]

    def _scores(self, architecture: Architecture, epochs: int) -> Scores:
        problem = self._problem(architecture, epochs)
        network, shape = problem.network.description, self.dataset.image_shape
        macs = network.macs(shape)
        seen = epochs * self._feed.steps * self.training.batch_size
        costs = {PARAMS.name: network.params(shape), MACS.name: macs, TRAINING_MACS.name: macs * seen}
        quality = self._quality(problem)
        found = {self.main.name: 100 * quality} if math.isfinite(quality) else {}
        return found | {name: float(value) for name, value in costs.items()}

    @functools.cached_property
    def _feed(self) -> InMemory:
        train, held_out = search_halves(len(self.dataset.train), self.seed, self.train_fraction)
        train = np.random.default_rng(self.seed).permutation(train)[: self.images]
        if len(train) < self.training.batch_size:
            raise ValueError(f"{len(train)} images to train on are less than a batch of {self.training.batch_size}")
        examples = self._task.examples("train", self.training.augment, "float32", self.mesh)
        given = self.training.batch_size, self.seed, self.mesh, self._task.collected
        return InMemory(examples, examples, *given, parts=(np.sort(train), np.sort(held_out)))

    @functools.cached_property
    def _task(self) -> Task:
        return task_of(self.dataset)

    def _problem(self, architecture: Architecture, epochs: int) -> RetrainProblem:
        training, steps = self.training, self._feed.steps
        size = {"channels": training.channels, "layers": training.layers, "classes": self.dataset.num_classes}
        network = network_of(EXECUTORS[architecture.executor][1][0], architecture, self.space, **size)
        rate = optim.cosine_per_epoch(training.learning_rate, training.learning_rate_min, epochs, steps)
        return RetrainProblem(
            network,
            optim.sgd(rate, training.momentum, training.weight_decay, training.clip),
            rate,
            epochs,
            steps,
            training.drop_path,
            loss=self._task.loss(training.label_smoothing),
        )

    def _quality(self, problem: RetrainProblem) -> float:
        """The task's score on the images held out after all epochs, 0 to 1; NaN if the loss is not finite."""
        feed, key, step = self._feed, jax.random.key(self.seed), make_step(problem)

        def one(state: Any, row: jax.Array, arrays: Any):
            batch = feed.batch(arrays, row, at_step(stream(state.key, "train/augment"), state.step))
            state, metrics = step(state, batch)
            return state, metrics["train"]["loss"]

        epoch = jit(lambda state, arrays, rows: jax.lax.scan(lambda s, row: one(s, row, arrays), state, rows))
        state = put_replicated(run_once(lambda key: init_state(problem, key, self.dataset.image_shape), key), self.mesh)
        for number in range(problem.epochs):
            state, losses = epoch(state, feed.arrays, feed.rows(number, 0, feed.steps))
            if not np.isfinite(losses).all():
                return math.nan
        outputs = lambda state, batch: predict(problem, state, problem.inputs(batch))  # noqa: E731
        return float(self._task.score(feed.evaluator(outputs, self._task.loss())(state)))
