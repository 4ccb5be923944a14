"""One step of a recurrent cell, of all candidates or of the kept ones (DARTS, arXiv:1806.09055, section 2.1 and 3.2).

A highway connection leads from a state s to the next: s + sigmoid(c) * (f(h) - s), where c and h are the two halves of
a product with s, and f is an activation. The first node is made so of input and state together, with tanh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dartsx.kernels.moments import inverse_deviation, moments, unbiased
from dartsx.kernels.running_statistics import Stats, moved
from dartsx.networks.recurrent import LSTM, Recurrence

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


Step = Callable[[Any, jax.Array], tuple[Any, jax.Array]]


def step_of(layer: Recurrence | LSTM, weights: Mapping[str, jax.Array], masks: Masks) -> Step:
    """A step of a layer, ([N, C] or several of them that a step hands to the next, input [N, C]) -> (next, output).

    All of them begin with zeros; there are `layer.states` of them. Nothing is normalised.
    """
    return _STEPS[type(layer)](layer, weights, masks)


def _derived_step(cell: Recurrence, weights: Mapping[str, jax.Array], masks: Masks) -> Step:
    given = Weights(**weights)

    def step(carry, x):
        nodes = [first_node(given, x, *carry, masks)]
        for product, (activation, source, _) in zip(given.nodes, cell.edges, strict=True):
            gate, candidate = jnp.split((nodes[source] * masks.states) @ product, 2, -1)
            change = ACTIVATIONS[activation](candidate) - nodes[source]
            nodes.append(nodes[source] + jax.nn.sigmoid(gate) * change)
        output = sum(nodes[i] for i in cell.concat) / len(cell.concat)
        return (output,), output

    return step


def _lstm_step(layer: LSTM, weights: Mapping[str, jax.Array], masks: Masks) -> Step:
    del layer

    def step(carry, x):
        state, memory = carry
        read = jnp.concatenate([x * masks.inputs, state * masks.states], -1)
        let_in, keep, put_out, candidate = jnp.split(read @ weights["kernel"] + weights["bias"], 4, -1)
        memory = jax.nn.sigmoid(keep) * memory + jax.nn.sigmoid(let_in) * jnp.tanh(candidate)
        output = jax.nn.sigmoid(put_out) * jnp.tanh(memory)
        return (output, memory), output

    return step


_STEPS: Mapping[type, Callable[..., Step]] = {Recurrence: _derived_step, LSTM: _lstm_step}


def by_batch(stats: Stats, x: jax.Array) -> tuple[Stats, jax.Array]:
    """Normalises [N, C] by the batch; the running statistics move."""
    mean, variance = moments(x, (0,))
    batch = {"mean": mean, "var": unbiased(variance, len(x))}
    return moved(stats, batch), ((x - mean) * inverse_deviation(variance)).astype(x.dtype)


def by_running(stats: Stats, x: jax.Array) -> tuple[Stats, jax.Array]:
    """Normalises [N, C] by the running statistics, which stay."""
    return stats, ((x - stats["mean"]) * inverse_deviation(stats["var"])).astype(x.dtype)
