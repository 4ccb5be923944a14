"""The two ways a supernet is computed, by the layout of its arrays: the one place that chooses the modules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax

from dartsx.kernels.choice import LAYOUTS, Forms, backend_of, supernet_layout
from dartsx.nn import layers, pixel_layers
from dartsx.nn.pixel_search_cell import PixelSearchCell
from dartsx.nn.search_cell import SearchCell

Make = Callable[..., nn.Module]


class Parts(NamedTuple):
    """What a supernet is made of in one layout; parameters and statistics are the same in both.

    Attributes:
      layout: one of `LAYOUTS`.
      arrange: images [N, H, W, C] -> the layout.
      halve: averages of 2x2 pixels.
      conv: makes a convolution (features, kernel, stride, padding).
      batch_norm: makes a batch norm with scale and bias.
      classifier: makes average and linear layer (classes).
      cell: the class of the search cells.
    """

    layout: str
    arrange: Callable[[jax.Array], jax.Array]
    halve: Callable[[jax.Array], jax.Array]
    conv: Make
    batch_norm: Make
    classifier: Make
    cell: type[nn.Module]


def parts_of(layout: str | None, forms: Forms, remat: str | None) -> Parts:
    """The parts in a layout; if None, in the one chosen.

    Channel-major is chosen where a form of separable convolutions or remat ``branch`` was asked for, which exist there
    alone; else the backend decides.

    Raises:
      ValueError: the layout is unknown, or does not have the form or remat that was asked for.
    """
    only_channels = forms.form is not None or remat == "branch"
    chosen = layout or ("channel_major" if only_channels else supernet_layout(backend_of(forms.backend)))
    if chosen not in LAYOUTS:
        raise ValueError(f"unknown layout {chosen!r}; allowed: {', '.join(LAYOUTS)}")
    if chosen == "pixel_major":
        if only_channels:
            raise ValueError("layout pixel_major has neither forms of separable convolutions nor remat branch")
        return PIXEL_MAJOR
    return CHANNEL_MAJOR._replace(conv=functools.partial(layers.Conv, forms=forms))


def _halve_last(x: jax.Array) -> jax.Array:
    *leading, height, width = x.shape
    _check_even(height, width)
    return x.reshape(*leading, height // 2, 2, width // 2, 2).mean((-3, -1))


def _halve_middle(x: jax.Array) -> jax.Array:
    images, height, width, channels = x.shape
    _check_even(height, width)
    return x.reshape(images, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def _check_even(height: int, width: int) -> None:
    if height % 2 or width % 2:
        raise ValueError(f"a residual reduction needs an even map, got {height}x{width}")


CHANNEL_MAJOR = Parts(
    "channel_major",
    lambda images: images.transpose(3, 0, 1, 2),
    _halve_last,
    layers.Conv,
    layers.BatchNorm,
    layers.Classifier,
    SearchCell,
)
PIXEL_MAJOR = Parts(
    "pixel_major",
    lambda images: images,
    _halve_middle,
    pixel_layers.Conv,
    pixel_layers.BatchNorm,
    pixel_layers.Classifier,
    PixelSearchCell,
)
