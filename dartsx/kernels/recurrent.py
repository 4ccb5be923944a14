"""One step of a recurrent cell, of all candidates or of the kept ones (DARTS, arXiv:1806.09055, section 2.1 and 3.2).

A highway connection leads from a state s to the next: s + sigmoid(c) * (f(h) - s), where c and h are the two halves of
a product with s, and f is an activation. The first node is made so of input and state together, with tanh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import inverse_deviation, moments, unbiased
from dartsx.kernels.running_statistics import Stats, moved

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "identity": lambda x: x,
}
Normalize = Callable[[Stats, jax.Array], tuple[Stats, jax.Array]]


class Weights(NamedTuple):
    """Weights of a cell: ``first`` [2 C, 2 C], rows for input and state; ``nodes`` [nodes, C, 2 C]."""

    first: jax.Array
    nodes: jax.Array


class Masks(NamedTuple):
    """Variational dropout (arXiv:1512.05287), the same in all steps: [N, C] for what is read of input and states."""

    inputs: jax.Array | float = 1.0
    states: jax.Array | float = 1.0


def first_node(weights: Weights, x: jax.Array, state: jax.Array, masks: Masks) -> jax.Array:
    """The node that input [N, C] and state [N, C] make."""
    read = jnp.concatenate([x * masks.inputs, state * masks.states], -1)
    gate, candidate = jnp.split(read @ weights.first, 2, -1)
    return state + jax.nn.sigmoid(gate) * (jnp.tanh(candidate) - state)


def mixed_step(
    weights: Weights,
    mixture: jax.Array,
    primitives: Sequence[str],
    concat: Sequence[int],
    normalize: Normalize,
    masks: Masks,
) -> Callable[..., tuple[tuple[jax.Array, Stats], jax.Array]]:
    """A step of the supernet's cell, ((state, statistics), input) -> ((next state, statistics), next state).

    Every node is the sum over the nodes before it and over all activations, weighted by the mixture and then
    normalised; a primitive that is no activation, 'none', adds nothing.

    Args:
      weights: weights of the cell, shared by all activations.
      mixture: [edges, primitives], rows by node, inside a node by source.
      primitives: names of the columns.
      concat: nodes whose mean is the output.
      normalize: batch norm without scale and bias, one for all nodes.
      masks: see `Masks`.
    """
    columns = [i for i, name in enumerate(primitives) if name in ACTIVATIONS]
    functions = [ACTIVATIONS[primitives[i]] for i in columns]

    def step(carry, x):
        state, stats = carry
        stats, node = normalize(stats, first_node(weights, x, state, masks))
        nodes = node[None]
        for i, product in enumerate(weights.nodes):
            row = i * (i + 1) // 2
            kept = mixture[row : row + i + 1, columns].astype(x.dtype)
            gate, candidate = jnp.split((nodes * masks.states) @ product, 2, -1)
            proposed = sum(kept[:, k, None, None] * f(candidate) for k, f in enumerate(functions))
            through = kept.sum(1)[:, None, None] * nodes
            stats, node = normalize(stats, (through + jax.nn.sigmoid(gate) * (proposed - through)).sum(0))
            nodes = jnp.concatenate([nodes, node[None]])
        output = nodes[jnp.asarray(concat)].mean(0)
        return (output, stats), output

    return step


def derived_step(
    weights: Weights, edges: Sequence[tuple[str, int, int]], concat: Sequence[int], masks: Masks
) -> Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    """A step of a derived cell, (state, input) -> (next state, next state); it has no batch norm.

    Args:
      weights: weights of the cell.
      edges: (activation, source, node) of the nodes 1, 2, ..., in this order.
      concat: nodes whose mean is the output.
      masks: see `Masks`.
    """

    def step(state, x):
        nodes = [first_node(weights, x, state, masks)]
        for product, (activation, source, _) in zip(weights.nodes, edges, strict=True):
            gate, candidate = jnp.split((nodes[source] * masks.states) @ product, 2, -1)
            change = ACTIVATIONS[activation](candidate) - nodes[source]
            nodes.append(nodes[source] + jax.nn.sigmoid(gate) * change)
        output = sum(nodes[i] for i in concat) / len(concat)
        return output, output

    return step


def by_batch(stats: Stats, x: jax.Array) -> tuple[Stats, jax.Array]:
    """Normalises [N, C] by the batch; the running statistics move."""
    mean, variance = moments(x, (0,))
    batch = {"mean": mean, "var": unbiased(variance, len(x))}
    return moved(stats, batch), ((x - mean) * inverse_deviation(variance)).astype(x.dtype)


def by_running(stats: Stats, x: jax.Array) -> tuple[Stats, jax.Array]:
    """Normalises [N, C] by the running statistics, which stay."""
    return stats, ((x - stats["mean"]) * inverse_deviation(stats["var"])).astype(x.dtype)
