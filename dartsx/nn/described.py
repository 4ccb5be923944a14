"""The Flax module of a network that `dartsx.networks` describes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels.choice import Forms
from dartsx.kernels.initial_weights import normal
from dartsx.kernels.moments import inverse_deviation, unbiased
from dartsx.kernels.pixel_major.batch_norm import affine, batch_norm
from dartsx.kernels.pixel_major.execute import Context, evaluate
from dartsx.kernels.running_statistics import fresh, moved
from dartsx.networks import Network
from dartsx.networks.step import Step
from dartsx.nn.cell_network import Logits
from dartsx.nn.places import Places, own_places

_PLAIN = {"scale": 1.0, "bias": 0.0}  # of a batch norm without its own


class DescribedNetwork(nn.Module):
    """A network made from its description; computes in [N, H, W, C].

    ``params`` and ``batch_stats`` hold one entry per layer, by the layer's name in the trace, such as
    ``params["stage1/block0/conv1"]["kernel"]`` and ``batch_stats["stage1/block0/norm1"]["mean"]``.

    Attributes:
      description: `dartsx.networks.Network`.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      form: form of grouped convolutions (`grouped.FORMS`), or None to choose by backend and size.
      backend: where the program will run, ``"cpu"``, ``"gpu"`` or ``"tpu"``; None stands for JAX's default backend.
    """

    description: Network
    dtype: Any = jnp.float32
    form: str | None = None
    backend: str | None = None

    def places(self, steps: Sequence[Step]) -> Places:
        """Where its variables hold the arrays of the description's steps: under the steps' names."""
        return own_places(steps)

    @nn.compact
    def __call__(self, images: jax.Array, train: bool, drop_path: jax.Array | None = None) -> Logits:
        """Computes logits.

        Args:
          images: [N, H, W, channels], of any size that the network allows.
          train: normalise by the batch's statistics, compute the auxiliary head where there is one, and use dropout, of
            which the rng ``dropout`` draws the masks.
          drop_path: in training the probability in [0, 1) with which a branch is dropped per image, or None. The rng
            ``drop_path`` draws the masks.

        Raises:
          ValueError: the images are too small; says which layer cannot read its input.
        """
        steps = self.description.trace(images.shape[1:], auxiliary=train)
        if self.is_initializing():
            for name, value in normal(self.make_rng("params"), steps).items():
                self.param(name, lambda _, value=value: value)
        weights = {step.name: self.get_variable("params", step.name) for step in _with_weights(steps)}
        random = train and not self.is_initializing()

        def dropout(x: jax.Array, rate: float) -> jax.Array:
            return _kept(self.make_rng("dropout"), x, 1 - rate, x.shape) if random else x

        def drop(x: jax.Array) -> jax.Array:
            if not random or drop_path is None:
                return x
            return _kept(self.make_rng("drop_path"), x, 1 - drop_path, (x.shape[0], 1, 1, 1))

        def normalize(name, x, parameters, epsilon):
            return self._normalize(name, x, parameters, epsilon, train)

        context = Context(normalize, dropout, drop, Forms(self.backend, self.form))
        values = evaluate(steps, [images.astype(self.dtype)], weights, context)
        branch = [value for step, value in zip(steps, values, strict=True) if step.name.startswith("auxiliary/")]
        return Logits(values[-1], branch[-1] if branch else None)

    def _normalize(self, name, x, parameters, epsilon, train) -> jax.Array:
        stats = self.variable("batch_stats", name, fresh, (x.shape[-1],))
        scale, bias = (parameters.get(name, jnp.full(x.shape[-1:], first)) for name, first in _PLAIN.items())
        if not train:
            return affine(x, stats.value["mean"], inverse_deviation(stats.value["var"], epsilon), scale, bias)
        y, mean, variance = batch_norm(x, scale, bias, epsilon)
        # Virtual passes, which do not make the statistics mutable, leave them alone.
        if self.is_mutable_collection("batch_stats") and not self.is_initializing():
            batch = {"mean": mean, "var": unbiased(variance, math.prod(x.shape[:-1]))}
            stats.value = moved(stats.value, batch)
        return y


def _with_weights(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.weights]


def _kept(key: jax.Array, x: jax.Array, keep: jax.Array | float, shape: tuple[int, ...]) -> jax.Array:
    """x / keep where a mask of this shape, drawn with probability `keep`, is 1, else 0."""
    mask = jax.random.bernoulli(key, keep, shape)
    return jnp.where(mask, x / jnp.asarray(keep, x.dtype), 0).astype(x.dtype)
