"""Scores by training: every architecture's network from scratch, shortly or in full.

Fidelity is what is trained for how long on what: epochs (the budget), width and depth of the networks, and number of
examples.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from dartsx.data import AugmentPolicy, search_halves
from dartsx.feeds import InMemory
from dartsx.losses import perplexity
from dartsx.nn.derived import AnyNetwork
from dartsx.objectives.objective import MACS, PARAMS, TRAINING_MACS, VALID_ACCURACY, Measure, Scores
from dartsx.retrain import RetrainProblem, Training, init_state, make_step, predict
from dartsx.runtime import at_step, jit, put_replicated, run_once, stream
from dartsx.spaces import Architecture
from dartsx.tasks import Task, task_of


class Validated(NamedTuple):
    """What is told of examples that are held out.

    Attributes:
      measure: what the number says.
      of: `Task.score` -> the number.
    """

    measure: Measure
    of: Callable[[float], float]


def _percent(share: float) -> float:
    return 100 * share


VALIDATED: Mapping[str, Validated] = {
    "classification": Validated(VALID_ACCURACY, _percent),
    "detection": Validated(Measure("valid_ap", "%", larger_is_better=True), _percent),
    "segmentation": Validated(Measure("valid_miou", "%", larger_is_better=True), _percent),
    "language": Validated(Measure("valid_perplexity", "", larger_is_better=False), lambda score: perplexity(-score)),
    "super_resolution": Validated(Measure("valid_psnr", "dB", larger_is_better=True), float),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Retraining:
    """The objective: what a network makes of the training examples that are held out, by the measure of the task.

    A network that diverges has no such number.

    Attributes:
      networks: an architecture's network, as by `dartsx.nn.derived.network_of`.
      dataset: any data set in memory; its test examples are not looked at.
      training: how networks are trained.
      mesh: the devices.
      augment: what is done to training images.
      dtype: dtype of the images of a batch.
      examples: number of examples to train on; None for all that are not held out.
      train_fraction: share of the training examples that is not held out.
      seed: seed of the split, of weights and of augmentation, the same for all architectures.
    """

    networks: Callable[[Architecture], AnyNetwork]
    dataset: Any
    training: Training
    mesh: jax.sharding.Mesh
    augment: AugmentPolicy = AugmentPolicy()
    dtype: str = "float32"
    examples: int | None = None
    train_fraction: float = 0.5
    seed: int = 0

    @property
    def main(self) -> Measure:
        """What networks are trained for."""
        return VALIDATED[self.dataset.task].measure

    @property
    def measures(self) -> dict[str, Measure]:
        """See `Objective`."""
        return {measure.name: measure for measure in (self.main, PARAMS, MACS, TRAINING_MACS)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Trains networks one after the other for so many epochs, over which the schedule falls; warm-up stays.

        Raises ValueError for a budget below 1, and for fewer examples than a batch has.
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
        quality = VALIDATED[self.dataset.task].of(self._score(problem))
        found = {self.main.name: quality} if math.isfinite(quality) else {}
        return found | {name: float(value) for name, value in costs.items()}

    @functools.cached_property
    def _feed(self) -> InMemory:
        examples = self._task.examples("train", self.augment, self.dtype, self.mesh)
        train, held_out = search_halves(examples.size, self.seed, self.train_fraction)
        train = np.random.default_rng(self.seed).permutation(train)[: self.examples]
        batch_size = self.training.batch_size
        if len(train) < batch_size:
            raise ValueError(f"{len(train)} examples to train on are fewer than a batch of {batch_size}")
        given = batch_size, self.seed, self.mesh, self._task.collected
        return InMemory(examples, examples, *given, parts=(np.sort(train), np.sort(held_out)))

    @functools.cached_property
    def _task(self) -> Task:
        return task_of(self.dataset)

    def _problem(self, architecture: Architecture, epochs: int) -> RetrainProblem:
        training = dataclasses.replace(self.training, epochs=epochs)
        return training.problem(self.networks(architecture), self._feed.steps, self._task.loss, self._task.inputs)

    def _score(self, problem: RetrainProblem) -> float:
        """The score of the task on the examples held out after all epochs; NaN if the loss is not finite."""
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
