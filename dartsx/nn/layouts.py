"""The two ways cells are computed, by the layout of their arrays: the one place that chooses the modules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax

from dartsx.catalog import LAYOUTS
from dartsx.kernels.channel_major import pools as channel_pools
from dartsx.kernels.choice import Forms, backend_of, cell_layout
from dartsx.kernels.pixel_major import pools as pixel_pools
from dartsx.networks.layers import Pool
from dartsx.nn import layers, pixel_layers
from dartsx.nn.operations import one_by_one
from dartsx.nn.pixel_operations import by_source
from dartsx.nn.pixel_search_cell import PixelSearchCell
from dartsx.nn.search_cell import SearchCell

Make = Callable[..., nn.Module]


class Parts(NamedTuple):
    """What supernets and derived networks are made of in one layout; their variables are the same in both.

    Attributes:
      layout: one of `dartsx.catalog.LAYOUTS`.
      channels: axis of the channels.
      arrange: images [N, H, W, C] -> the layout.
      of_images: one value for each image [N] -> what broadcasts with the layout.
      halve: averages of 2x2 pixels.
      pool: any pool of `dartsx.networks.layers`.
      conv: makes a convolution (features, kernel, stride, padding).
      batch_norm: makes a batch norm with scale and bias.
      preprocess: makes what brings an input of a cell to its width and size (features, reduce).
      classifier: makes average and linear layer (classes).
      cell: the class of the search cells.
      operations: evaluates the edges of a derived cell, see `operations.one_by_one`.
    """

    layout: str
    channels: int
    arrange: Callable[[jax.Array], jax.Array]
    of_images: Callable[[jax.Array], jax.Array]
    halve: Callable[[jax.Array], jax.Array]
    pool: Callable[[jax.Array, Pool], jax.Array]
    conv: Make
    batch_norm: Make
    preprocess: Make
    classifier: Make
    cell: type[nn.Module]
    operations: Callable[..., dict[int, jax.Array]]


def parts_of(layout: str | None, forms: Forms, remat: str | None) -> Parts:
    """The parts in a layout; if None, in the one chosen.

    Channel-major is chosen where a form of separable convolutions or remat ``branch`` was asked for, which exist there
    alone; else the backend decides.

    Raises:
      ValueError: the layout is unknown, or does not have the form or remat that was asked for.
    """
    only_channels = forms.form is not None or remat == "branch"
    layout = layout or ("channel_major" if only_channels else cell_layout(backend_of(forms.backend)))
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; allowed: {', '.join(LAYOUTS)}")
    if layout == "pixel_major":
        if only_channels:
            raise ValueError("layout pixel_major has neither forms of separable convolutions nor remat branch")
        return PIXEL_MAJOR
    chosen = {"conv": layers.Conv, "preprocess": layers.Preprocess}
    return CHANNEL_MAJOR._replace(**{name: functools.partial(make, forms=forms) for name, make in chosen.items()})


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
    layout="channel_major",
    channels=0,
    arrange=lambda images: images.transpose(3, 0, 1, 2),
    of_images=lambda values: values[:, None, None],
    halve=_halve_last,
    pool=channel_pools.pool,
    conv=layers.Conv,
    batch_norm=layers.BatchNorm,
    preprocess=layers.Preprocess,
    classifier=layers.Classifier,
    cell=SearchCell,
    operations=one_by_one,
)
PIXEL_MAJOR = Parts(
    layout="pixel_major",
    channels=-1,
    arrange=lambda images: images,
    of_images=lambda values: values[:, None, None, None],
    halve=_halve_middle,
    pool=pixel_pools.pool,
    conv=pixel_layers.Conv,
    batch_norm=pixel_layers.BatchNorm,
    preprocess=pixel_layers.Preprocess,
    classifier=pixel_layers.Classifier,
    cell=PixelSearchCell,
    operations=by_source,
)
