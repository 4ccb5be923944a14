"""The protocol of kernels: what both families compute, each on arrays of its own layout.

N images of C channels, H x W pixels, are an array [C, N, H, W] or [N, H, W, C], and vectors [C, N] or [N, C].
Parameters have one layout in both, so that weights go from one family to the other as they are. Activations
(`activations`), the algebra of batch norm (`moments`, `running_statistics`), initial weights (`initial_weights`) and
the choice of forms (`choice`) know no layout. How the edges of a cell are computed together stands in the folder of
each family, and all layers of a described network in that of ``pixel_major``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax

from dartsx.kernels.channel_major.convolution import convolve as cm_convolve
from dartsx.kernels.channel_major.linear import linear as cm_linear
from dartsx.kernels.channel_major.norm import batch_norm as cm_batch_norm
from dartsx.kernels.channel_major.pools import pool as cm_pool
from dartsx.kernels.pixel_major.batch_norm import batch_norm as pm_batch_norm
from dartsx.kernels.pixel_major.grouped import convolve as pm_convolve
from dartsx.kernels.pixel_major.linear import linear as pm_linear
from dartsx.kernels.pixel_major.pools import pool as pm_pool


class Family(NamedTuple):
    """Layers in one layout.

    Attributes:
      layout: letters of the axes of a map.
      convolve: (x, kernel [kh, kw, C, D], `Window`, `Forms`) -> map of D channels, in x's dtype.
      batch_norm: (x, scale [C], bias [C]) -> the map normalised by its own statistics, times scale plus bias, and mean
        and biased variance [C] in float32 or wider, through which no gradient flows.
      pool: (x, `dartsx.networks.layers.Pool`) -> map. The gradient of a maximum goes to the first one in row-major
        order; an average divides by real pixels.
      linear: (vectors, kernel [C, D], bias [D]) -> [N, D] in float32 or wider.
    """

    layout: str
    convolve: Callable[..., jax.Array]
    batch_norm: Callable[..., tuple[jax.Array, jax.Array, jax.Array]]
    pool: Callable[..., jax.Array]
    linear: Callable[..., jax.Array]


CHANNEL_MAJOR = Family("CNHW", cm_convolve, cm_batch_norm, cm_pool, cm_linear)
PIXEL_MAJOR = Family("NHWC", pm_convolve, pm_batch_norm, pm_pool, pm_linear)
