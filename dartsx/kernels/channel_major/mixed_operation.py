"""The mixed operation: branches of all primitives, normalised, weighted by the mixture and summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
from jax import lax

from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.primitives import Branches, Primitive
from dartsx.kernels.running_statistics import Key


def mixed_operation(
    branches: Sequence[Branches],
    mixture: jax.Array,
    primitives: Mapping[str, Primitive],
    norms: Norms,
    stride: int,
) -> jax.Array:
    """sum over primitives and sources of a block (DARTS, equation 2).

    Args:
      branches: raw outputs, see `Branches`.
      mixture: [G, T, P], of the block's edges; a further column, see `partial`, is not read.
      primitives: names in the order of the mixture's P columns.
      norms: normalises what still needs it.
      stride: stride of the block's edges.

    Returns:
      [T, C, N, H, W]
    """
    parts = lax.split(jnp.moveaxis(mixture, -1, 0), (1,) * mixture.shape[-1])
    columns = dict(zip(primitives, parts, strict=False))

    def weight(names):  # [B, G, T]
        return lax.concatenate([columns[name] for name in names], 0)

    total = []
    for names, value, needed in branches:
        if needed == "always":
            total.append(norms.weighted_sum(last_norms(primitives, names, stride), weight(names), value))
            continue
        if needed == "search":
            value = norms(last_norms(primitives, names, stride), value)
        scale = weight(names).astype(value.dtype)
        if value.shape[2] == 1:
            total.append(jnp.einsum("bgt,bgcnhw->tcnhw", scale, value[:, :, 0]))
        else:
            total.append(jnp.einsum("bgt,bgtcnhw->tcnhw", scale, value))
    return sum(total[1:], total[0])


def last_norms(primitives: Mapping[str, Primitive], names: Sequence[str], stride: int) -> list[Key]:
    """Key of the norm that ends each of the named primitives."""
    return [(name, primitives[name].norms(stride)[-1]) for name in names]
