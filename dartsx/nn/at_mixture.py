"""A supernet at a given mixture as a network of its own: what trains networks trains it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from dartsx.networks import primitive
from dartsx.networks.open.size import axes_of, expected
from dartsx.nn.cell_network import Logits
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.spaces.decided import GROUP


@dataclasses.dataclass(frozen=True, eq=False)
class AtMixture:
    """Interface of `DescribedNetwork`; at a one-hot mixture it trains exactly as the closed network.

    The mixture may be traced, so that one compiled program serves all networks of a space. Weights of options that are
    not chosen get no gradient. There is neither dropout nor drop path.

    Attributes:
      supernet: computes all options; a lazy one those that the mixture weighs.
      mixture: [decisions, options] under ``"decisions"``.
    """

    supernet: OpenSupernet
    mixture: Mapping[str, jax.Array]

    def init(self, key: jax.Array, images: jax.Array, train: bool) -> dict[str, Any]:
        """First variables: those of the supernet, with the variances of the closed network, whose fan-ins are less."""
        variables = self.supernet.init(key, images, self.mixture, train)
        params = dict(variables["params"])
        for step in primitive(self.supernet.description.trace(images.shape[1:])):
            for name, (_, fan_in) in step.weights.items():
                if axes_of(fan_in):
                    scale = jnp.sqrt(int(fan_in) / self._closed(fan_in))
                    params[step.name] = {**params[step.name], name: scale * params[step.name][name]}
        return {**variables, "params": params}

    def apply(
        self, variables: Any, images: jax.Array, train: bool, drop_path: Any = None, **options: Any
    ) -> Logits | tuple[Logits, Any]:
        """Logits, and with ``mutable`` the moved variables; `options` as of ``flax.linen.Module.apply``."""
        found = self.supernet.apply(variables, images, self.mixture, train, **options)
        return (Logits(found[0], None), found[1]) if options.get("mutable") else Logits(found, None)

    def _closed(self, size: int) -> jax.Array:
        """The size under the mixture; the widest where its decisions do not count."""
        rows, at = self.mixture[GROUP], self.supernet.space.entries
        value = expected(size, lambda name, option: rows[at[name, option]])
        return jnp.where(value > 0, value, int(size))
