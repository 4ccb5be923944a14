"""What the layers of an open network need besides their inputs: the mixture of its decisions.

A mixture weighs the branches of a choice (`Mixed`) and the values that a decision chooses from (`Weighted`); channels
that only wider options have are masked before an operation mixes channels. So a supernet at a one-hot mixture is the
closed network, whose weights are the first channels of the supernet's.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.kernels.conditional import if_needed
from dartsx.networks.layers import Conv, Linear, LocalNorm
from dartsx.networks.open.layers import Mixed, Weighted
from dartsx.networks.open.layout import Segments
from dartsx.networks.open.place import presence
from dartsx.networks.open.size import at, axes_of, combinations, each

if TYPE_CHECKING:
    from dartsx.networks.step import Step

# (steps of a branch, its input, moments of its batch norms to be filled) -> its result
Branch = Callable[[Any, jax.Array, dict[str, Any]], jax.Array]


@dataclasses.dataclass(frozen=True)
class Opened:
    """The decisions of a supernet, weighed.

    Attributes:
      weight: (decision, option) -> scalar entry of the mixture.
      branch: computes a branch, and adds the moments of its batch norms to the dict that it is given.
      moments: moments of the batch norms computed so far, by step: ``mean``, ``var``, and the boolean scalar
        ``computed``, false where a branch was passed over.
      needed: (decision, option) -> boolean scalar, whether the option's branch is computed; None to compute all. No
        gradient flows through the weights of the others, which must be 0.
      remat: ``"branch"``: the backward pass computes every branch again instead of keeping its inner results.
    """

    weight: Callable[[str, str], jax.Array]
    branch: Branch
    moments: dict[str, Any]
    needed: Callable[[str, str], jax.Array] | None = None
    remat: str = "none"

    def masked(self, layer: Any, x: jax.Array, segments: Segments) -> jax.Array:
        """The input of a layer, without the channels that an operation across channels must not see."""
        if not _mixes_channels(layer) or not any(map(axes_of, segments)):
            return x
        mask = jnp.concatenate([self._mask(size) for size in segments])
        return x * mask.astype(x.dtype)

    def weighted(self, layer: Weighted, inputs: list[jax.Array]) -> jax.Array:
        """The sum of the inputs, each times the presence of its place, or their mean."""
        known: dict = {}
        coefficients = [jnp.asarray(presence(place, self.weight, layer.base, known)) for place in layer.places]
        if layer.normalised:
            total = sum(coefficients)
            coefficients = [jnp.where(total > 0, c / jnp.where(total > 0, total, 1), 0) for c in coefficients]
        terms = [c.astype(x.dtype) * x for c, x in zip(coefficients, inputs, strict=True)]
        return sum(terms[1:], terms[0])

    def mixed(self, layer: Mixed, x: jax.Array) -> jax.Array:
        """The sum of the branches, each times its entry of the mixture."""
        rows = zip(layer.options, layer.branches, strict=True)
        terms = [self._term(layer.decision, option, branch, x) for option, branch in rows]
        return sum(terms[1:], terms[0])

    def _term(self, decision: str, option: str, branch: tuple[Step, ...], x: jax.Array) -> jax.Array:
        def compute(x, weight):
            moments: dict[str, Any] = {}
            y = self.branch(branch, x, moments)
            return weight.astype(y.dtype) * y, moments

        weight = self.weight(decision, option)
        if self.needed is not None:  # computes again by itself
            y, moments = if_needed(self.needed(decision, option), compute, x, weight)
        else:
            y, moments = (jax.checkpoint(compute) if self.remat == "branch" else compute)(x, weight)
        self.moments.update(moments)
        return y

    def ungrouped(self, layer: Conv, channels: int, kernel: jax.Array) -> jax.Array:
        """The kernel without groups of a convolution in an open number of them.

        Args:
          layer: as many features as channels.
          channels: channels of its input.
          kernel: [kh, kw, channels of the widest group, features], of which narrower groups have the first.

        Returns:
          [kh, kw, channels, features], 0 where an output does not see an input; of mixtures the mean.
        """
        inputs, outputs = np.arange(int(channels)), np.arange(kernel.shape[-1])

        def spread(width: int) -> jax.Array:
            shares = inputs[:, None] // width == outputs // width
            return kernel[:, :, inputs % width] * shares.astype(kernel.dtype)

        widths, weights = self._values(each(operator.floordiv, channels, layer.groups))
        terms = (weight.astype(kernel.dtype) * spread(width) for width, weight in zip(widths, weights, strict=True))
        return functools.reduce(jnp.add, terms)

    def _mask(self, size: int) -> jax.Array:
        """Weight with which each channel of a segment exists: [widest]."""
        if not axes_of(size):
            return jnp.ones(int(size))
        values, weights = self._values(size)
        return jnp.sum(weights[:, None] * (np.arange(int(size)) < values[:, None]), 0)

    def _values(self, size: int) -> tuple[np.ndarray, jax.Array]:
        """The values of a size, and the weight with which it has each of them: [values].

        A size can have thousands of combinations of options: their weights are one array, and no product for each.
        """
        axes = axes_of(size)
        rows = (jnp.stack([self.weight(name, option) for option in options]) for name, options in axes)
        joint = functools.reduce(lambda known, row: (known[:, None] * row).reshape(-1), rows, jnp.ones(1))
        of_combinations = np.array([at(size, choices) for choices in combinations(axes)])
        values = np.unique(of_combinations)
        return values, jnp.sum(joint * (of_combinations == values[:, None]), 1)


def _mixes_channels(layer: Any) -> bool:
    return _MIXES.get(type(layer), lambda layer: False)(layer)


_MIXES: Mapping[type, Callable[[Any], bool]] = {
    Conv: lambda layer: layer.groups == 1,
    Linear: lambda layer: True,
    LocalNorm: lambda layer: True,
}
