"""The zero-cost proxies of a network: what the formulas of `zero_cost` need of its layers."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import optax

from dartsx.kernels.pixel_major.execute import Weights
from dartsx.networks import Step
from dartsx.networks.layers import Activation, Conv, GlobalPool, Linear
from dartsx.objectives import zero_cost
from dartsx.objectives.watched import Params, Watched, by_batch
from dartsx.objectives.zero_cost import Codes, Variances


@dataclasses.dataclass(frozen=True, eq=False)
class Probe:
    """A network with weights and what it reads; what several proxies need is computed once.

    Attributes:
      network: the network.
      params: its weights.
      images: [batch, H, W, channels]; of `zen` two batches, [2, batch, H, W, channels].
      labels: int [batch].
    """

    network: Watched
    params: Params
    images: jax.Array
    labels: Any

    def loss(self, params: Params, **watching: Any) -> jax.Array:
        """The cross entropy of the batch; watches the network as `Watched` does."""
        logits = self.network(params, self.images, **watching)
        return optax.softmax_cross_entropy_with_integer_labels(logits, self.labels).mean()

    @functools.cached_property
    def gradient(self) -> Params:
        """Of the loss."""
        return jax.grad(self.loss)(self.params)


Proxy = Callable[[Probe], jax.Array]


def _fisher(probe: Probe) -> jax.Array:
    shapes = {
        name: (len(probe.images), step.shape[-1], math.prod(step.weights["kernel"].shape[:-1]))
        for name, step in probe.network.layers.items()
        if isinstance(step.layer, (Conv, Linear))
    }

    def scaled(factors) -> jax.Array:
        def layer(step: Step, read: Sequence[jax.Array], y: jax.Array) -> jax.Array:
            if step.name not in factors:
                return y
            return y * factors[step.name].reshape(len(y), *(1,) * (y.ndim - 2), -1)

        return probe.loss(probe.params, layer=layer)

    return zero_cost.fisher(scaled, shapes)


def _naswot(probe: Probe) -> jax.Array:
    codes: list[Codes] = []

    def layer(step: Step, read: Sequence[jax.Array], y: jax.Array) -> jax.Array:
        if isinstance(step.layer, Activation) and step.layer.kind in ("relu", "relu6"):
            codes.append(Codes(y > 0, probe.network.exists(step)))
        return y

    probe.network(probe.params, probe.images, layer=layer)
    return zero_cost.naswot(codes)


def _zen(probe: Probe) -> jax.Array:
    network, layers = probe.network, probe.network.layers
    variances: list[Variances] = []

    def normalize(name: str, x: jax.Array, weights: Weights, epsilon: float) -> jax.Array:
        values = x.reshape(-1, x.shape[-1]).var(0, ddof=1)
        variances.append(Variances(values, network.exists(layers[name])))
        return by_batch(name, x, weights, epsilon)

    def features(images: jax.Array, **watching: Any) -> jax.Array:
        pooled: list[jax.Array] = []

        def layer(step: Step, read: Sequence[jax.Array], y: jax.Array) -> jax.Array:
            if isinstance(step.layer, GlobalPool):
                pooled.append(read[0])
            return y

        network(probe.params, images, layer=layer, **watching)
        return pooled[-1]

    return zero_cost.zen(features(probe.images[0], normalize=normalize), features(probe.images[1]), variances)


def _synflow(probe: Probe) -> jax.Array:
    def bare(params: Params, images: jax.Array) -> jax.Array:
        return probe.network(params, images, normalize=lambda name, x, weights, epsilon: x)

    return zero_cost.synflow(bare, probe.params, probe.images[:1])


COMPUTE: dict[str, Proxy] = {
    "gradient_norm": lambda probe: zero_cost.gradient_norm(probe.gradient),
    "snip": lambda probe: zero_cost.snip(probe.params, probe.gradient),
    "grasp": lambda probe: zero_cost.grasp(probe.loss, probe.params, probe.gradient),
    "fisher": _fisher,
    "synflow": _synflow,
    "jacobian_covariance": lambda probe: zero_cost.jacobian_covariance(probe.network, probe.params, probe.images),
    "naswot": _naswot,
    "zen": _zen,
}
"""By name."""
