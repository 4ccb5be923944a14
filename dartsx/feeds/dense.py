"""Examples whose targets lie in the images: a class for every pixel, or boxes."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dartsx.data import AugmentPolicy, normalize
from dartsx.data.augment_dense import drawn_placement, placed_boxes, placed_images, placed_masks
from dartsx.data.dense import DenseDataset, DenseSplit
from dartsx.feeds.examples import Examples
from dartsx.runtime import put_replicated


class Pixels(NamedTuple):
    """Images [N, H, W, channels], normalised and augmented, and a class for every pixel, masks [N, H, W] uint8."""

    images: jax.Array
    masks: jax.Array


class Boxed(NamedTuple):
    """Images [N, H, W, channels], normalised and augmented, and boxes [N, most, 4], of which the first `counts` exist.

    Their labels are int32 [N, most], and counts int32 [N]; see `dartsx.data.dense.Boxes`.
    """

    images: jax.Array
    boxes: jax.Array
    labels: jax.Array
    counts: jax.Array


def pixel_examples(
    split: DenseSplit, dataset: DenseDataset, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh
) -> Examples:
    """Images with masks, copied to every device; their batches are `Pixels`. Arguments as of `image_examples`."""
    given = dataset.mean, dataset.std, jnp.dtype(dtype)

    def augmented(rows: Any, key: jax.Array) -> Pixels:
        placement = drawn_placement(key, rows["images"].shape[0], policy)
        images = normalize(placed_images(rows["images"], placement), *given)
        return Pixels(images, placed_masks(rows["masks"], placement))

    return Examples(
        _on_devices(split, mesh), augmented, lambda rows: Pixels(normalize(rows["images"], *given), rows["masks"])
    )


def box_examples(
    split: DenseSplit, dataset: DenseDataset, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh
) -> Examples:
    """Images with boxes, copied to every device; their batches are `Boxed`. Arguments as of `image_examples`."""
    given, size = (dataset.mean, dataset.std, jnp.dtype(dtype)), dataset.image_shape[:2]

    def augmented(rows: Any, key: jax.Array) -> Boxed:
        placement = drawn_placement(key, rows["images"].shape[0], policy)
        images = normalize(placed_images(rows["images"], placement), *given)
        return Boxed(images, *placed_boxes(rows["boxes"], rows["labels"], rows["counts"], placement, size))

    def plain(rows: Any) -> Boxed:
        return Boxed(normalize(rows["images"], *given), rows["boxes"], rows["labels"], rows["counts"])

    return Examples(_on_devices(split, mesh), augmented, plain)


def _on_devices(split: DenseSplit, mesh: jax.sharding.Mesh) -> Any:
    return put_replicated({"images": split.images, **split.targets.arrays()}, mesh)
