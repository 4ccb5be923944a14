"""Images into classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax

from dartsx.data import AugmentPolicy, Dataset
from dartsx.feeds import Examples, image_examples
from dartsx.losses import Inputs, Loss, Score, accuracy_or_loss, classification, first


@dataclasses.dataclass(frozen=True, eq=False)
class Classification:
    """The `Task` of a data set of images with labels."""

    dataset: Dataset

    name: ClassVar[str] = "classification"
    network: ClassVar[Mapping[str, Any]] = {}
    inputs: ClassVar[Inputs] = staticmethod(first)
    score: ClassVar[Score] = staticmethod(accuracy_or_loss)
    collected: ClassVar[None] = None
    pictures: ClassVar[None] = None

    def examples(self, part: str, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Images with labels, see `image_examples`."""
        return image_examples(getattr(self.dataset, part), self.dataset, policy, dtype, mesh)

    @staticmethod
    def loss(label_smoothing: float = 0.0) -> Loss:
        """See `dartsx.losses.classification`."""
        return classification(label_smoothing)

    @staticmethod
    def result(tested: Mapping[str, float]) -> dict[str, float]:
        """Test error in percent, accuracy and loss."""
        return {
            "test_error": 100 * (1 - tested["accuracy"]),
            "test_accuracy": tested["accuracy"],
            "test_loss": tested["loss"],
        }
