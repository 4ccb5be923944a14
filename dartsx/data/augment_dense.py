"""Augmentation that moves images and what is predicted of their pixels together, on the device.

An image is resized about its centre, shifted and mirrored in one step. What comes in from outside is black, has the
class `IGNORED` and holds no boxes.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.catalog import AugmentPolicy
from dartsx.data.dense import IGNORED

_LEFT = 0.25  # share of a box's area that must stay in the image


class Placement(NamedTuple):
    """Where the images of a batch are put.

    Attributes:
        scale: float [B], factor by which an image becomes larger.
        shift: float [B, 2], pixels down and to the right, after that.
        mirrored: bool [B], whether it is mirrored left to right, after that.
    """

    scale: jax.Array
    shift: jax.Array
    mirrored: jax.Array


def drawn_placement(key: jax.Array, batch: int, policy: AugmentPolicy) -> Placement:
    """Placements of a batch: factors from ``1 - scale`` to ``1 + scale``, shifts of whole pixels up to the padding.

    Args:
        key: PRNG key.
        batch: number of images.
        policy: ``scale``, ``crop_padding`` and ``flip`` count.
    """
    scale_key, shift_key, flip_key = jax.random.split(key, 3)
    most = policy.crop_padding
    scale = jax.random.uniform(scale_key, (batch,), minval=1 - policy.scale, maxval=1 + policy.scale)
    shift = jax.random.randint(shift_key, (batch, 2), -most, most + 1).astype(jnp.float32)
    mirrored = jax.random.bernoulli(flip_key, 0.5, (batch,)) & policy.flip
    return Placement(scale if policy.scale else jnp.ones(batch), shift, mirrored)


def placed_images(images: jax.Array, placement: Placement) -> jax.Array:
    """Images [B, H, W, C] at their new places, float32, interpolated bilinearly."""
    rows, columns = _sources(placement, images.shape[1:3])
    pixels = _interpolated(images.astype(jnp.float32), rows, 1)
    return _interpolated(pixels, columns, 2)


def placed_masks(masks: jax.Array, placement: Placement) -> jax.Array:
    """Masks uint8 [B, H, W] at their new places: every pixel has the class of the one that it comes from."""
    rows, columns = _sources(placement, masks.shape[1:3])

    def of_image(mask: jax.Array, row: jax.Array, column: jax.Array) -> jax.Array:
        inside = _inside(row, mask.shape[0])[:, None] & _inside(column, mask.shape[1])
        at = (jnp.clip(jnp.floor(places).astype(jnp.int32), 0) for places in (row, column))
        return jnp.where(inside, mask.at[jnp.ix_(*at)].get(mode="clip"), IGNORED)

    return jax.vmap(of_image)(masks, rows, columns).astype(masks.dtype)


def placed_boxes(
    boxes: jax.Array, labels: jax.Array, counts: jax.Array, placement: Placement, size: tuple[int, int]
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Boxes at their new places, cut off at the border; those of which less than a quarter is left are dropped.

    Args:
        boxes: float32 [B, most, 4], (top, left, bottom, right).
        labels: int32 [B, most].
        counts: int32 [B].
        placement: where the images are put.
        size: height and width of the images.

    Returns:
        As given: boxes, labels and counts, those that are left in front and zeros behind them.
    """
    limits = jnp.array([*size, *size], jnp.float32)
    shift = jnp.tile(placement.shift, 2)[:, None]
    moved = (boxes - limits / 2) * placement.scale[:, None, None] + limits / 2 + shift
    top, left, bottom, right = jnp.moveaxis(moved, -1, 0)
    other = jnp.stack([top, size[1] - right, bottom, size[1] - left], -1)
    moved = jnp.where(placement.mirrored[:, None, None], other, moved)
    cut = jnp.clip(moved, 0, limits)
    kept = (_area(cut) > _LEFT * _area(moved)) & (jnp.arange(boxes.shape[1]) < counts[:, None])
    order = jnp.argsort(~kept, 1, stable=True)
    found = jnp.take_along_axis(jnp.where(kept[..., None], cut, 0), order[..., None], 1)
    names = jnp.take_along_axis(jnp.where(kept, labels, 0), order, 1)
    return found, names, kept.sum(1, dtype=jnp.int32)


def _area(boxes: jax.Array) -> jax.Array:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _sources(placement: Placement, size: tuple[int, int]) -> tuple[jax.Array, jax.Array]:
    """Where the centres of the rows [B, H] and columns [B, W] of the results lie in the images, in pixels."""
    scale, shift = placement.scale[:, None], placement.shift
    rows, columns = (
        (jnp.arange(length) + 0.5 - length / 2 - shift[:, axis, None]) / scale + length / 2
        for axis, length in enumerate(size)
    )
    return rows, jnp.where(placement.mirrored[:, None], columns[:, ::-1], columns)


def _inside(places: jax.Array, length: int) -> jax.Array:
    return (places >= 0) & (places < length)


def _interpolated(values: jax.Array, places: jax.Array, axis: int) -> jax.Array:
    """Values at places [B, n] along an axis, between the centres of two neighbours; outside there are zeros."""
    length = values.shape[axis]
    shape = [places.shape[0], *(places.shape[1] if i == axis else 1 for i in range(1, values.ndim))]
    first = jnp.floor(places - 0.5).astype(jnp.int32)
    share = places - 0.5 - first
    total = jnp.zeros(())
    for index, weight in ((first, 1 - share), (first + 1, share)):
        weight = jnp.where(_inside(index, length), weight, 0).reshape(shape)
        index = jnp.clip(index, 0, length - 1).reshape(shape)
        total = total + weight * jnp.take_along_axis(values, index, axis)
    return total
