"""Boxes around what an image shows, with classes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from dartsx.data import AugmentPolicy
from dartsx.data.dense import DenseDataset
from dartsx.detection import Found, average_precision, detection, find
from dartsx.detection.drawn import drawn
from dartsx.detection.loss import starting_boxes
from dartsx.detection.precision import Truth
from dartsx.feeds import Collected, Examples, box_examples
from dartsx.losses import Inputs, Loss, Score, first
from dartsx.networks.anchors import RETINANET, Anchors

SURE = 0.3  # score from which boxes are drawn


class Shown(NamedTuple):
    """Pictures [N, 3 H, 3 W, 3] of images with the boxes that were found, and with the right ones."""

    network: jax.Array
    truth: jax.Array


def _precision_or_loss(values: Mapping[str, Any]) -> Any:
    """Average precision where it was computed; a search compares shared weights by their loss."""
    return values["ap"] if "ap" in values else -values["loss"]


@dataclasses.dataclass(frozen=True, eq=False)
class Detection:
    """The `Task` of a data set of images with boxes, for networks that write rows of anchors.

    Attributes:
      anchors: anchors of a pixel, as many as the networks have.
    """

    dataset: DenseDataset
    anchors: Anchors = RETINANET

    name: ClassVar[str] = "detection"
    network: ClassVar[Mapping[str, Any]] = {}
    inputs: ClassVar[Inputs] = staticmethod(first)
    score: ClassVar[Score] = staticmethod(_precision_or_loss)

    def examples(self, part: str, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Images with boxes, moved together; nothing is cut out of them."""
        return box_examples(getattr(self.dataset, part), self.dataset, policy, dtype, mesh)

    def loss(self, label_smoothing: float = 0.0) -> Loss:
        """See `dartsx.detection.detection`; labels are not smoothed."""
        del label_smoothing
        return detection(self.anchors)

    @property
    def collected(self) -> Collected:
        """What is found in every image, beside its boxes; and average precision over all images."""

        def each(outputs: jax.Array, batch: Any) -> tuple[Found, Truth]:
            starts = jnp.asarray(starting_boxes(self.anchors, outputs, batch.images))
            of_image = functools.partial(find, anchors=starts, size=batch.images.shape[1:3])
            return jax.vmap(of_image)(outputs), Truth(batch.boxes, batch.labels, batch.counts)

        return Collected(each, lambda all_of: average_precision(*all_of, self.dataset.num_classes))

    def pictures(self, outputs: jax.Array, batch: Any) -> Shown:
        """See `Task`; shown are found boxes of a score of `SURE` at least, the best above the others."""
        mean, std = (jnp.asarray(values, jnp.float32) for values in (self.dataset.mean, self.dataset.std))
        images, classes = batch.images.astype(jnp.float32) * std + mean, self.dataset.num_classes
        found, truth = self.collected.each(outputs, batch)
        boxes, labels, sure = (jnp.flip(values, 1) for values in (found.boxes, found.labels, found.scores >= SURE))
        given = jnp.arange(truth.labels.shape[1]) < truth.counts[:, None]
        return Shown(
            drawn(images, boxes, labels, sure, classes), drawn(images, truth.boxes, truth.labels, given, classes)
        )

    @staticmethod
    def result(tested: Mapping[str, float]) -> dict[str, float]:
        """Average precision as COCO defines it and at an IoU of 0.5, in percent, and the loss with its parts."""
        parts = {f"test_{name}": tested[name] for name in ("loss", "class_loss", "box_loss")}
        return {"test_ap": 100 * tested["ap"], "test_ap50": 100 * tested["ap50"], **parts}
