"""RetinaNet's loss: focal loss of the scores, smooth L1 of the offsets (arXiv:1708.02002, sections 3.2 and 4)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.detection.boxes import anchor_boxes, encode
from dartsx.detection.matching import match
from dartsx.losses import Loss, Metrics
from dartsx.networks.anchors import COORDINATES, RETINANET, Anchors, finest_stride

ALPHA, GAMMA = 0.25, 2.0
BETA = 0.1  # where smooth L1 becomes linear, as in the released code


def detection(anchors: Anchors = RETINANET, alpha: float = ALPHA, gamma: float = GAMMA, beta: float = BETA) -> Loss:
    """Loss of rows [N, rows, classes + 4] and the boxes of a batch: its ``boxes``, ``labels`` and ``counts``.

    For each image the focal loss of all anchors that count, and the smooth L1 loss of those that have a box, both over
    the number of the latter (at least 1); then the mean over the images. Metrics: ``class_loss`` and ``box_loss``.

    Args:
      anchors: anchors of a pixel.
      alpha, gamma: see `focal`.
      beta: see `smooth_l1`.
    """

    def of_image(rows: jax.Array, boxes: jax.Array, labels: jax.Array, count: jax.Array, starts: jax.Array):
        scores, offsets = rows[:, :-COORDINATES], rows[:, -COORDINATES:]
        matched = match(starts, boxes, count)
        wanted = jax.nn.one_hot(labels[matched.box], scores.shape[-1]) * matched.positive[:, None]
        counted = (matched.positive | matched.negative)[:, None]
        found = jnp.maximum(matched.positive.sum(), 1)
        classes = jnp.where(counted, focal(scores, wanted, alpha, gamma), 0).sum() / found
        distance = smooth_l1(offsets - encode(boxes[matched.box], starts), beta)
        return classes, jnp.where(matched.positive[:, None], distance, 0).sum() / found

    def loss(outputs: jax.Array, batch: Any) -> tuple[jax.Array, Metrics]:
        starts = jnp.asarray(starting_boxes(anchors, outputs, batch.images))
        each = jax.vmap(of_image, (0, 0, 0, 0, None))(outputs, batch.boxes, batch.labels, batch.counts, starts)
        classes, boxes = map(jnp.mean, each)
        return classes + boxes, {"class_loss": classes, "box_loss": boxes}

    return loss


def focal(scores: jax.Array, wanted: jax.Array, alpha: float = ALPHA, gamma: float = GAMMA) -> jax.Array:
    """-alpha_t (1 - p_t)^gamma log p_t of every score (equation 5).

    Args:
      scores: logits of any shape.
      wanted: 1 for what is there, else 0; of the same shape.
      alpha: weight of what is there; the rest has 1 - alpha.
      gamma: exponent by which well-classified scores lose weight.
    """
    right = jnp.where(wanted > 0, scores, -scores)  # p_t is its sigmoid
    logarithm = jax.nn.log_sigmoid(right)
    weight = jnp.where(wanted > 0, alpha, 1 - alpha) * jnp.exp(gamma * (logarithm - right))  # 1 - p_t = p_t / e^right
    return -weight * logarithm


def smooth_l1(difference: jax.Array, beta: float = BETA) -> jax.Array:
    """d^2 / (2 beta) below beta, |d| - beta / 2 from there on (Fast R-CNN, arXiv:1504.08083, equation 3)."""
    size = jnp.abs(difference)
    return jnp.where(size < beta, difference**2 / (2 * beta), size - beta / 2)


def starting_boxes(anchors: Anchors, outputs: jax.Array, images: jax.Array) -> np.ndarray:
    """The anchors [rows, 4] of a detector's outputs [N, rows, classes + 4] on images [N, H, W, C].

    Raises:
      ValueError: a detector with these anchors has another number of rows.
    """
    height, width = images.shape[1:3]
    return anchor_boxes(anchors, height, width, finest_stride(outputs.shape[1], height, width, anchors.count))
