"""A network, closed or open, as a pure function whose layers can be watched and changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dartsx.kernels.pixel_major.batch_norm import batch_norm
from dartsx.kernels.pixel_major.execute import Context, Normalize, Weights, execute
from dartsx.kernels.pixel_major.opened import Opened
from dartsx.networks import Step, primitive
from dartsx.networks.open.place import presence

Weight = Callable[[str, str], Any]  # (decision, option) -> entry of the mixture
Params = Mapping[str, Weights]
Layer = Callable[[Step, Sequence[jax.Array], jax.Array], jax.Array]


def by_batch(name: str, x: jax.Array, weights: Weights, epsilon: float) -> jax.Array:
    """Batch norm by the batch's own statistics."""
    channels = x.shape[-1]
    scale, bias = weights.get("scale", jnp.ones(channels)), weights.get("bias", jnp.zeros(channels))
    return batch_norm(x, scale, bias, epsilon)[0]


@dataclasses.dataclass(frozen=True, eq=False)
class Watched:
    """A traced network.

    Attributes:
      steps: its trace.
      weight: mixture of the decisions that it leaves open.
    """

    steps: Sequence[Step]
    weight: Weight

    @property
    def layers(self) -> dict[str, Step]:
        """All primitive layers by name, those of all options included."""
        return {step.name: step for step in primitive(self.steps)}

    def exists(self, step: Step) -> Any:
        """The weight with which a layer exists: of the one-hot mixture of an architecture 1 or 0."""
        return presence(step.place, self.weight)

    def __call__(
        self,
        params: Params,
        inputs: jax.Array,
        normalize: Normalize = by_batch,
        layer: Layer = lambda step, inputs, output: output,
    ) -> jax.Array:
        """The outputs.

        Args:
          params: arrays by layer and name.
          inputs: [batch, H, W, channels].
          normalize: batch norm.
          layer: (step, its inputs, its output) -> what is used as its output; for all layers but batch norms.
        """

        def lift(compute: Callable, step: Step) -> Callable:
            return lambda inputs, weights: layer(step, inputs, compute(inputs, weights))

        def branch(steps: tuple[Step, ...], x: jax.Array, moments: dict[str, Any]) -> jax.Array:
            return execute(steps, [x], params, context)

        context = Context(normalize, lift=lift, opened=Opened(self.weight, branch, {}))
        return execute(self.steps, [inputs], params, context)
