"""Activations by name; they do not depend on the layout."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "swish": jax.nn.silu,
    "hard_swish": jax.nn.hard_silu,
    "sigmoid": jax.nn.sigmoid,
    "hard_sigmoid": jax.nn.hard_sigmoid,
}


@jax.custom_jvp
def lean_relu(x: jax.Array) -> jax.Array:
    """ReLU whose derivative asks the result where x was positive, so that x itself need not be kept."""
    return jnp.maximum(x, 0)


@lean_relu.defjvp
def _lean_relu_jvp(primals, tangents):
    y = lean_relu(*primals)
    return y, jnp.where(y > 0, *tangents, 0)
