"""What a search and an evaluation ask of a task, and which task a data set sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import jax

from dartsx.data import AugmentPolicy
from dartsx.feeds import Collected, Examples
from dartsx.losses import Inputs, Loss, Score
from dartsx.tasks.classification import Classification
from dartsx.tasks.detection import Detection
from dartsx.tasks.language import Language
from dartsx.tasks.segmentation import Segmentation
from dartsx.tasks.super_resolution import SuperResolution

Part = Literal["train", "test"]
Pictures = Callable[[Any, Any], Any]


class Task(Protocol):
    """A task on a data set in memory.

    Attributes:
      name: a key of `TASKS`.
      network: arguments of supernets and networks that the data set decides.
      inputs: batch -> what a network reads of it.
      score: values of the loss by name -> the number by which architectures are compared, bigger is better.
      collected: figures of all test examples together that are no means; None where there are none.
      pictures: (outputs, batch) -> what a report shows of examples, a named tuple of pictures [N, H, W, 1 or 3] with
        values 0..1, all of one size; None where it shows none.
    """

    name: str
    network: Mapping[str, Any]
    inputs: Inputs
    score: Score
    collected: Collected | None
    pictures: Pictures | None

    def examples(self, part: Part, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Examples of one part of the data, on all devices; the policy says what is done to training images."""
        ...

    def loss(self, label_smoothing: float = 0.0) -> Loss:
        """What the outputs of a network on a batch cost."""
        ...

    def result(self, tested: Mapping[str, float]) -> dict[str, float]:
        """The figures of a result, of which the first is the main one.

        Args:
          tested: mean loss and metrics of the test examples, and the figures that are `collected`.
        """
        ...


TASKS = {task.name: task for task in (Classification, Detection, Language, Segmentation, SuperResolution)}


def task_of(dataset: Any) -> Task:
    """The task that a data set sets, by the name that it gives."""
    return TASKS[dataset.task](dataset)
