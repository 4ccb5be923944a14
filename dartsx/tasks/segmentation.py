"""A class for every pixel of an image."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax

from dartsx.data import AugmentPolicy
from dartsx.data.dense import IGNORED, DenseDataset
from dartsx.feeds import Examples, pixel_examples
from dartsx.losses import Inputs, Loss, Score, first, pixel_classes


@dataclasses.dataclass(frozen=True, eq=False)
class Segmentation:
    """The `Task` of a data set of images with masks; networks are compared by mean intersection over union."""

    dataset: DenseDataset

    name: ClassVar[str] = "segmentation"
    network: ClassVar[Mapping[str, Any]] = {}
    inputs: ClassVar[Inputs] = staticmethod(first)
    score: ClassVar[Score] = staticmethod(lambda values: values["miou"])
    collected: ClassVar[None] = None
    pictures: ClassVar[None] = None

    def examples(self, part: str, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Images with masks, moved together; nothing is cut out of them."""
        return pixel_examples(getattr(self.dataset, part), self.dataset, policy, dtype, mesh)

    def loss(self, label_smoothing: float = 0.0) -> Loss:
        """See `dartsx.losses.pixel_classes`; pixels weigh by the data set's `class_weights`."""
        return pixel_classes(IGNORED, label_smoothing, self.dataset.class_weights)

    @staticmethod
    def result(tested: Mapping[str, float]) -> dict[str, float]:
        """Mean intersection over union in percent, share of pixels that are right, loss."""
        return {
            "test_miou": 100 * tested["miou"],
            "test_pixel_accuracy": tested["pixel_accuracy"],
            "test_loss": tested["loss"],
        }
