"""How a network is trained from scratch: in plain numbers, and from these its optimiser and its schedule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import optax

from dartsx import optim
from dartsx.losses import Inputs, Loss, classification, first
from dartsx.nn.derived import AnyNetwork
from dartsx.retrain.step import RetrainProblem

# By name: how the learning rate falls, from a training and the steps of an epoch.
_SCHEDULES = {
    "cosine": lambda t, steps: optim.cosine_per_epoch(t.learning_rate, t.learning_rate_min, t.epochs, steps),
    "linear": lambda t, steps: optim.linear_per_epoch(t.learning_rate, t.learning_rate_min, t.epochs, steps),
    "exponential": lambda t, steps: optim.exponential_per_epoch(t.learning_rate, t.decay, steps),
}


@dataclasses.dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes:
      epochs: passes over the training examples.
      batch_size: examples of a batch.
      learning_rate, learning_rate_min: first and last rate; the exponential schedule has no last one.
      schedule: how the rate falls from epoch to epoch, one of ``dartsx.catalog.SCHEDULES``.
      decay: factor per epoch of the exponential schedule.
      warmup_epochs: epochs in which the rate grows to its value, see `dartsx.optim.warm_up`.
      momentum, weight_decay, clip: see `dartsx.optim.sgd`.
      average_from: epoch from which the mean of the weights predicts, see `dartsx.optim.averaged`; None for never.
      drop_path: probability that an edge is dropped at the end, see `RetrainProblem`.
      auxiliary_weight: weight of the loss of a network's auxiliary head.
      label_smoothing: see `dartsx.losses.cross_entropy`; of losses that have labels.

    Example: ``Training(epochs=12, schedule="linear").problem(network, steps_per_epoch=390)``.
    """

    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 0.025
    learning_rate_min: float = 0.0
    schedule: str = "cosine"
    decay: float = 0.97
    warmup_epochs: int = 0
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0
    average_from: int | None = None
    drop_path: float = 0.0
    auxiliary_weight: float = 0.4
    label_smoothing: float = 0.0

    def rate(self, steps_per_epoch: int) -> optax.Schedule:
        """The learning rate at every step."""
        return optim.warm_up(_SCHEDULES[self.schedule](self, steps_per_epoch), self.warmup_epochs, steps_per_epoch)

    def problem(
        self,
        network: AnyNetwork,
        steps_per_epoch: int,
        smoothed: Callable[[float], Loss] = classification,
        inputs: Inputs = first,
    ) -> RetrainProblem:
        """What the steps of this training of a network are made of.

        Args:
          network: what is trained.
          steps_per_epoch: batches in an epoch.
          smoothed: label smoothing -> loss.
          inputs: see `RetrainProblem`.
        """
        rate = self.rate(steps_per_epoch)
        optimizer = optim.sgd(rate, self.momentum, self.weight_decay, self.clip)
        if self.average_from:
            optimizer = optim.averaged(optimizer, self.average_from * steps_per_epoch)
        return RetrainProblem(
            network=network,
            optimizer=optimizer,
            rate=rate,
            epochs=self.epochs,
            steps_per_epoch=steps_per_epoch,
            drop_path=self.drop_path,
            auxiliary_weight=self.auxiliary_weight,
            loss=smoothed(self.label_smoothing),
            inputs=inputs,
            average=bool(self.average_from),
        )
