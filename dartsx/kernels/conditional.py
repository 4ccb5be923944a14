"""A part of a network that is computed only where it is needed, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def if_needed(needed: jax.Array, compute: Callable[..., tuple[jax.Array, Any]], *inputs: jax.Array):
    """compute(*inputs) where `needed`, else zeros.

    Where JAX differentiates a conditional, what the backward passes of all its branches read is kept from the forward
    pass, in buffers that stand empty for branches that were not taken. This one keeps its inputs only, and the backward
    pass computes again what it needs: a row of conditionals takes the memory of those that are needed.

    Args:
      needed: boolean scalar.
      compute: inputs -> (value, auxiliary); no gradient flows through the auxiliary output. It may close over traced
        arrays, to which gradients flow.
      *inputs: arrays.

    Returns:
      (value, auxiliary), in the shapes of `compute`.
    """
    converted, outer = jax.closure_convert(compute, *inputs)
    shapes = jax.eval_shape(converted, *inputs, *outer)

    def value(needed, *arguments):
        return lax.cond(needed, _by_rules(converted), lambda *_: jax.tree.map(jnp.zeros_like, shapes), *arguments)

    def forward(needed, *arguments):
        return value(needed, *arguments), (needed, arguments)

    def backward(kept, cotangents):
        needed, arguments = kept

        def pull(*arguments):
            _, pulled, _ = jax.vjp(converted, *arguments, has_aux=True)
            return pulled(cotangents[0])

        return None, *lax.cond(needed, pull, lambda *_: jax.tree.map(jnp.zeros_like, arguments), *arguments)

    run = jax.custom_vjp(value)
    run.defvjp(forward, backward)
    return run(needed, *inputs, *outer)


def _by_rules(function: Callable) -> Callable:
    """The function by the forward halves of the reverse rules inside it, of which a forward derivative can be taken."""

    def value(*arguments):
        y, _, auxiliary = jax.vjp(function, *arguments, has_aux=True)
        return y, auxiliary

    return value
