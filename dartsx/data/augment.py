"""Augmentation on the device, inside the compiled step. Images are [B, H, W, C].

Every function draws for each example of the batch from one key. With JAX's partitionable Threefry
generator (its default) the draws depend on the key and the position in the batch only, so a batch
that is spread over devices is augmented as it would be on one.
"""

import jax
import jax.numpy as jnp

from dartsx.catalog import AugmentPolicy


def normalize(images: jax.Array, mean: tuple[float, ...], std: tuple[float, ...], dtype=jnp.float32) -> jax.Array:
    """``(images / 255 - mean) / std`` per channel.

    Computed in float32 at least and rounded once, so bfloat16 loses nothing on the way.

    Args:
        images: uint8 [B, H, W, C].
        mean: C entries, pixel units 0..1.
        std: C entries, pixel units 0..1.
        dtype: data type of the result.

    Returns:
        [B, H, W, C] of ``dtype``.
    """
    wide = jnp.promote_types(dtype, jnp.float32)
    pixels = images.astype(wide) / 255
    return ((pixels - jnp.asarray(mean, wide)) / jnp.asarray(std, wide)).astype(dtype)


def random_crop(key: jax.Array, images: jax.Array, padding: int) -> jax.Array:
    """Pads with zeros and cuts a window of the original size at a random place.

    All ``(2 * padding + 1) ** 2`` windows are equally likely.

    Args:
        key: PRNG key.
        images: [B, H, W, C], raw pixels (so that the padding is black).
        padding: pixels added on each side.

    Returns:
        Same shape and data type as ``images``.
    """
    corners = jax.random.randint(key, (images.shape[0], 2), 0, 2 * padding + 1)
    padded = jnp.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))

    def window(image: jax.Array, corner: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(image, (corner[0], corner[1], 0), images.shape[1:])

    return jax.vmap(window)(padded, corners)


def random_flip(key: jax.Array, images: jax.Array) -> jax.Array:
    """Mirrors each image left to right with probability one half.

    Args:
        key: PRNG key.
        images: [B, H, W, C].

    Returns:
        Same shape and data type as ``images``.
    """
    flipped = jax.random.bernoulli(key, 0.5, (images.shape[0], 1, 1, 1))
    return jnp.where(flipped, images[:, :, ::-1], images)


def cutout(key: jax.Array, images: jax.Array, length: int) -> jax.Array:
    """Erases a square around a random pixel (arXiv:1708.04552, as DARTS applies it).

    The centre (y, x) is uniform over all pixels. Rows ``[y - length // 2, y + length // 2)`` and
    the columns likewise become 0 in all channels, clipped to the image (a quarter of the square at
    its corner). Applied after normalisation, so 0 is the data set's mean.

    Args:
        key: PRNG key.
        images: floats [B, H, W, C].
        length: side of the square; of an odd side one pixel less is erased.

    Returns:
        Same shape and data type as ``images``.
    """
    batch, height, width, _ = images.shape
    row_key, column_key = jax.random.split(key)

    def erased(key: jax.Array, extent: int) -> jax.Array:
        centre = jax.random.randint(key, (batch, 1), 0, extent)
        offset = jnp.arange(extent) - centre
        return (offset >= -(length // 2)) & (offset < length // 2)

    rows, columns = erased(row_key, height), erased(column_key, width)
    hole = rows[:, :, None, None] & columns[:, None, :, None]
    return jnp.where(hole, jnp.zeros((), images.dtype), images)


def augment(
    key: jax.Array,
    images: jax.Array,
    policy: AugmentPolicy,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    dtype=jnp.float32,
) -> jax.Array:
    """Raw pixels to the input of a network: crop, flip, normalise, cutout, in this order.

    A part that the policy leaves out changes nothing in the draws of the others.

    Args:
        key: PRNG key of this batch.
        images: uint8 [B, H, W, C].
        policy: what to do; static under ``jit``.
        mean: mean per channel, pixel units 0..1.
        std: standard deviation per channel, pixel units 0..1.
        dtype: data type of the result.

    Returns:
        [B, H, W, C] of ``dtype``.
    """
    crop_key, flip_key, cutout_key = jax.random.split(key, 3)
    if policy.crop_padding:
        images = random_crop(crop_key, images, policy.crop_padding)
    if policy.flip:
        images = random_flip(flip_key, images)
    images = normalize(images, mean, std, dtype)
    if policy.cutout:
        images = cutout(cutout_key, images, policy.cutout)
    return images
