"""What a detector finds in an image: the best boxes, without those that repeat a better one."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.detection.boxes import decode, iou
from dartsx.networks.anchors import COORDINATES


class Found(NamedTuple):
    """Boxes that were found in an image, by falling score.

    Attributes:
      boxes: [most, 4], inside the image.
      labels: int32 [most].
      scores: [most], from 0 to 1; -1 where there is no box.
    """

    boxes: jax.Array
    labels: jax.Array
    scores: jax.Array


def find(
    rows: jax.Array,
    anchors: jax.Array,
    size: tuple[int, int],
    *,
    candidates: int = 300,
    most: int = 100,
    overlap: float = 0.5,
) -> Found:
    """Decodes the rows of one image, and suppresses boxes that overlap a better one of their class.

    Args:
      rows: [rows, classes + 4].
      anchors: [rows, 4].
      size: height and width of the image.
      candidates: best (box, class) pairs that are looked at; the paper takes 1,000 of each level.
      most: boxes that are kept.
      overlap: IoU above which a box repeats another one.
    """
    classes = rows.shape[-1] - COORDINATES
    scores = jax.nn.sigmoid(rows[:, :classes]).reshape(-1)
    best, places = jax.lax.top_k(scores, min(candidates, scores.size))
    owners, labels = places // classes, places % classes
    boxes = decode(rows[owners, classes:], anchors[owners])
    boxes = jnp.clip(boxes, 0, jnp.asarray(2 * tuple(size), boxes.dtype))
    kept = suppressed(boxes, labels, overlap)
    last, order = jax.lax.top_k(jnp.where(kept, best, -1), min(most, best.size))
    return Found(boxes[order], labels[order].astype(jnp.int32), last)


def suppressed(boxes: jax.Array, labels: jax.Array, overlap: float) -> jax.Array:
    """Which boxes stay, bool [n]: those that no better one of their class that stays overlaps by more.

    Args:
      boxes: [n, 4], the best first.
      labels: int [n].
      overlap: IoU.
    """
    repeats = (iou(boxes, boxes) > overlap) & (labels[:, None] == labels)
    earlier = jnp.arange(len(boxes))

    def visit(i, kept):
        return kept.at[i].set(~jnp.any(kept & repeats[i] & (earlier < i)))

    return jax.lax.fori_loop(0, len(boxes), visit, jnp.ones(len(boxes), bool))
