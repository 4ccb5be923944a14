"""Which box an anchor is to find."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.detection.boxes import iou

FOUND, MISSED = (
    0.5,
    0.4,
)  # IoU from which an anchor has a box, and below which it has none (arXiv:1708.02002, section 4)


class Matched(NamedTuple):
    """What anchors are to say.

    Attributes:
      box: int [rows], number of the box that overlaps each most.
      positive: bool [rows], whether it is to find that box.
      negative: bool [rows], whether it is to find none; anchors that are neither do not count.
    """

    box: jax.Array
    positive: jax.Array
    negative: jax.Array


def match(anchors: jax.Array, boxes: jax.Array, count: jax.Array) -> Matched:
    """Gives anchors to boxes by their IoU; every box also gets the anchor that overlaps it most.

    The latter, of which the paper does not speak, is what the released code does, so that no box is without anchor.

    Args:
      anchors: [rows, 4].
      boxes: [most, 4], of which the first `count` exist.
      count: number of boxes, also 0.
    """
    real = jnp.arange(boxes.shape[0]) < count
    overlap = jnp.where(real, iou(anchors, boxes), -1)  # [rows, most]
    box, best = jnp.argmax(overlap, 1), jnp.max(overlap, 1)
    favourite = jnp.argmax(overlap, 0)  # of every box
    chosen = (jnp.arange(anchors.shape[0])[:, None] == favourite) & real & (jnp.max(overlap, 0) > 0)
    forced = chosen.any(1)
    box = jnp.where(forced, jnp.argmax(chosen, 1), box)
    positive = forced | (best >= FOUND)
    return Matched(box, positive, ~positive & (best < MISSED))
