"""Boxes as (top, left, bottom, right) in pixels, and as offsets from anchors (R-CNN, arXiv:1311.2524, appendix C)."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.networks.anchors import Anchors, map_sizes

_LARGEST = math.log(1000 / 16)  # of the logarithm of a size over its anchor's: a bound as in Detectron


@functools.lru_cache(maxsize=16)
def anchor_boxes(anchors: Anchors, height: int, width: int, finest: int) -> np.ndarray:
    """All anchors of an image, in the order of a detector's rows (`dartsx.networks.layers.Rows`).

    Args:
      anchors: those of one pixel.
      height, width: size of the image.
      finest: stride of the finest map.

    Returns:
      float32 [rows, 4]; boxes may reach over the image.
    """
    levels = []
    for rows, columns, stride in map_sizes(height, width, finest):
        y, x = np.meshgrid((np.arange(rows) + 0.5) * stride, (np.arange(columns) + 0.5) * stride, indexing="ij")
        half = np.array(anchors.sizes(stride)) / 2
        centres = np.stack([y, x], -1)[:, :, None]
        levels.append(np.concatenate([centres - half, centres + half], -1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


def iou(a: jax.Array, b: jax.Array) -> jax.Array:
    """Intersection over union of all pairs: [n, 4], [m, 4] -> [n, m]; 0 where both are empty."""
    corner = jnp.minimum(a[:, None, 2:], b[None, :, 2:]) - jnp.maximum(a[:, None, :2], b[None, :, :2])
    shared = jnp.prod(jnp.maximum(corner, 0), -1)
    union = _areas(a)[:, None] + _areas(b) - shared
    return jnp.where(union > 0, shared / jnp.where(union > 0, union, 1), 0)


def encode(boxes: jax.Array, anchors: jax.Array) -> jax.Array:
    """Offsets [n, 4] of boxes from anchors: centres over the anchors' sizes, and logarithms of the sizes' ratios.

    Sizes below 1e-6 pixels count as such.
    """
    (centre, size), (anchor, unit) = _centres(boxes), _centres(anchors)
    return jnp.concatenate([(centre - anchor) / unit, jnp.log(jnp.maximum(size, 1e-6) / unit)], -1)


def decode(offsets: jax.Array, anchors: jax.Array) -> jax.Array:
    """Boxes [n, 4] from offsets; the inverse of `encode`, but that no box is over 62.5 times as high or wide."""
    anchor, unit = _centres(anchors)
    centre = anchor + offsets[..., :2] * unit
    half = jnp.exp(jnp.minimum(offsets[..., 2:], _LARGEST)) * unit / 2
    return jnp.concatenate([centre - half, centre + half], -1)


def _areas(boxes: jax.Array) -> jax.Array:
    return jnp.prod(jnp.maximum(boxes[..., 2:] - boxes[..., :2], 0), -1)


def _centres(boxes: jax.Array) -> tuple[jax.Array, jax.Array]:
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
