"""Boxes drawn into images, for people to look at."""

from __future__ import annotations

import jax
import jax.numpy as jnp

ENLARGED = 3  # pixels of a picture for one of the image


def drawn(images: jax.Array, boxes: jax.Array, labels: jax.Array, shown: jax.Array, classes: int) -> jax.Array:
    """Pictures of images with frames around boxes, in a colour for each class.

    Args:
      images: [N, H, W, 3], values 0..1.
      boxes: [N, most, 4], (top, left, bottom, right) in pixels; later ones lie above earlier ones.
      labels: int [N, most].
      shown: bool [N, most], which boxes are drawn.
      classes: number of classes.

    Returns:
      [N, 3 H, 3 W, 3], values 0..1.
    """
    larger = images.repeat(ENLARGED, 1).repeat(ENLARGED, 2)
    thirds = jnp.arange(3) / 3
    colours = 0.5 + 0.5 * jnp.cos(2 * jnp.pi * (labels[..., None] / classes + thirds))
    return jax.vmap(_framed)(larger, jnp.round(boxes * ENLARGED), colours, shown)


def _framed(image: jax.Array, boxes: jax.Array, colours: jax.Array, shown: jax.Array) -> jax.Array:
    y, x = jnp.arange(image.shape[0])[:, None], jnp.arange(image.shape[1])

    def add(image, box):
        (top, left, bottom, right), colour, seen = box
        inside, inner = ((y >= top + k) & (y < bottom - k) & (x >= left + k) & (x < right - k) for k in (0, 2))
        return jnp.where((inside & ~inner & seen)[..., None], colour, image), None

    return jax.lax.scan(add, image, (boxes, colours, shown))[0]
