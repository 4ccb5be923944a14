"""Language models of one recurrent cell: the supernet that holds all activations, and the network of a derived cell.

Both read whole sequences of words from a state of zeros. The first `context` words only bring the state to where it
would be in the middle of a text: no output is made of them and no gradient goes through them. Released code carries the
state from one sequence to the next instead; with a context, sequences can be read in any order, from any checkpoint, by
several searches at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from dartsx import networks
from dartsx.kernels.initial_weights import uniform
from dartsx.kernels.recurrent import Masks, Weights, by_batch, by_running, mixed_step, step_of
from dartsx.kernels.running_statistics import fresh
from dartsx.networks.recurrent import LSTM, Recurrence, language_model
from dartsx.nn.cell_network import Logits
from dartsx.spaces import RecurrentSpace
from dartsx.spaces.recurrent_cell import RECURRENT

_FAN_IN = 625  # weights begin uniform in +- 0.04, as in the released code


class Dropout(NamedTuple):
    """Shares that training drops; masks are drawn once for all steps (variational dropout, arXiv:1512.05287).

    What is left is divided by its share.

    Attributes:
      words: share of the vocabulary whose vectors are 0 everywhere.
      embedding: share of the values of all vectors.
      inputs: share of the values of the input that the first product reads.
      states: share of the values of states that all products read.
      output: share of the values that the decoder reads.
    """

    words: float = 0.0
    embedding: float = 0.0
    inputs: float = 0.0
    states: float = 0.0
    output: float = 0.0


def recurrent_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of the arguments that are given to any network those that the two modules of words have beside their size."""
    return {name: given[name] for name in ("context", "dropout", "temporal_activation", "dtype") if name in given}


class RecurrentSupernet(nn.Module):
    """Embedding, one cell of mixed activations, decoder with the embedding's weights.

    Attributes:
      space: nodes and activations.
      channels: width of embedding and state.
      classes: number of words.
      context: words at the beginning of a sequence that only prepare the state.
      dropout: what training drops.
      temporal_activation: weight of the penalty of changing outputs, see `RecurrentNetwork`.
      dtype: dtype of the activations; parameters, statistics and logits stay float32 or wider.
      layers, lazy, backend, layout: as in other supernets, without effect: there is one cell, all activations of an
        edge share their product, and products are the same everywhere.
    """

    space: RecurrentSpace
    channels: int = 300
    classes: int = 10_000
    context: int = 0
    dropout: Dropout = Dropout()
    temporal_activation: float = 0.0
    dtype: Any = jnp.float32
    layers: int = 1
    lazy: bool = False
    backend: str | None = None
    layout: str | None = None

    @property
    def cells(self) -> dict[str, int]:
        """One cell."""
        return {RECURRENT: 1}

    @nn.compact
    def __call__(self, words: jax.Array, mixture: Mapping[str, jax.Array], train: bool) -> jax.Array:
        """Computes logits.

        Args:
          words: [N, context + steps] numbers of words.
          mixture: [edges, primitives] under the space's group.
          train: normalise by the batch's statistics, otherwise by the running ones; and drop, if the rng ``dropout``
            is there to draw the masks.

        Returns:
          Logits [N, steps, classes] of the word that follows each of the last `steps`. With
          ``mutable=["batch_stats"]`` the running statistics move (train only).
        """
        nodes = [("identity", 0, node) for node in self.space.nodes]  # weights are those of any derived cell
        stats = self.variable("batch_stats", "nodes", fresh, (self.channels,))
        space, normalize = self.space, by_batch if train else by_running
        rows = space.expand(mixture)[RECURRENT]

        def unroll(weights, masks, x):
            step = mixed_step(Weights(**weights), rows, space.primitives, space.concat, normalize, masks)
            (_, after), outputs = _unrolled(step, (jnp.zeros_like(x[:, 0]), stats.value), x, self.context)
            if train and self.is_mutable_collection("batch_stats") and not self.is_initializing():
                stats.value = after
            return outputs

        random = train and self.has_rng("dropout")
        return _language_model(self, Recurrence(tuple(nodes), space.concat), words, random, unroll)


class RecurrentNetwork(nn.Module):
    """A language model: embedding, a recurrent layer, decoder with the embedding's weights.

    Attributes:
      recurrence: the cell of a search (`dartsx.networks.recurrent.Recurrence`), or an `LSTM`.
      channels: width of embedding and state.
      classes: number of words.
      context: words at the beginning of a sequence that only prepare the state.
      dropout: what training drops.
      temporal_activation: weight b of temporal activation regularisation (arXiv:1708.01009, section 4.3), which is
        b mean((h_t+1 - h_t)^2) over all values of the outputs h that something is predicted from, before dropout; it
        is left in the collection ``penalties``.
      dtype: dtype of the activations; parameters and logits stay float32 or wider.
      backend: as in other networks, without effect.
    """

    recurrence: Recurrence | LSTM
    channels: int = 850
    classes: int = 10_000
    context: int = 0
    dropout: Dropout = Dropout()
    temporal_activation: float = 0.0
    dtype: Any = jnp.float32
    backend: str | None = None

    @property
    def description(self) -> networks.Network:
        """Its layers."""
        return language_model(self.recurrence, self.channels, self.classes)

    @nn.compact
    def __call__(self, words: jax.Array, train: bool, drop_path: jax.Array | None = None) -> Logits:
        """Computes logits [N, steps, classes] of the word that follows each of the last `steps`.

        Args:
          words: [N, context + steps] numbers of words.
          train: whether something is dropped; the rng ``dropout`` draws the masks.
          drop_path: recurrent cells have none.
        """
        del drop_path

        def unroll(weights, masks, x):
            step = step_of(self.recurrence, weights, masks)
            return _unrolled(step, (jnp.zeros_like(x[:, 0]),) * self.recurrence.states, x, self.context)[1]

        return Logits(_language_model(self, self.recurrence, words, train, unroll), None)


def _language_model(
    module: RecurrentSupernet | RecurrentNetwork,
    layer: Recurrence | LSTM,
    words: jax.Array,
    random: bool,
    unroll: Callable[[Mapping[str, jax.Array], Masks, jax.Array], jax.Array],
) -> jax.Array:
    """Logits [N, steps, classes] of embedding, layer and decoder.

    Args:
      module: whose parameters, dropout and penalty these are.
      layer: which weights there are.
      words: [N, context + steps] numbers of words.
      random: whether something is dropped.
      unroll: (weights of the layer, masks, words' vectors [N, context + steps, C]) -> outputs [N, steps, C].
    """
    table, bias, weights = _parameters(module, layer)
    n, width, drop = words.shape[0], module.channels, module.dropout  # len() refuses a number that is open

    def mask(rate: float, *shape: int) -> jax.Array | float:
        if not (random and rate) or module.is_initializing():
            return 1.0
        return jax.random.bernoulli(module.make_rng("dropout"), 1 - rate, shape).astype(module.dtype) / (1 - rate)

    x = (table.astype(module.dtype) * mask(drop.words, module.classes, 1))[words.astype(int)]
    x = x * mask(drop.embedding, n, 1, width)
    outputs = unroll(weights, Masks(mask(drop.inputs, n, width), mask(drop.states, n, width)), x)
    if module.temporal_activation and not module.is_initializing():
        change = jnp.mean(jnp.square(jnp.diff(outputs.astype(table.dtype), axis=1)))
        module.sow("penalties", "temporal_activation", module.temporal_activation * change)
    return (outputs * mask(drop.output, n, 1, width)).astype(table.dtype) @ table.T + bias


def _parameters(
    module: RecurrentSupernet | RecurrentNetwork, layer: Recurrence | LSTM
) -> tuple[jax.Array, jax.Array, dict[str, jax.Array]]:
    """Table [classes, channels] and bias [classes] of embedding and decoder, and the layer's weights by name."""
    width = module.channels
    table = module.param("table", uniform, (module.classes, width), _FAN_IN)
    bias = module.param("bias", nn.initializers.zeros, (module.classes,))
    weights = {}
    for name, weight in layer.weights((1, width)).items():
        first = (uniform, weight.shape, _FAN_IN) if weight.fan_in else (nn.initializers.zeros, weight.shape)
        weights[name] = module.param(f"cell_{name}", *first).astype(module.dtype)
    return table, bias, weights


def _unrolled(step: Callable, carry: Any, x: jax.Array, context: int) -> tuple[Any, jax.Array]:
    """The carry after all steps over x [N, steps, C], and the outputs of those behind the context."""
    by_time = jnp.swapaxes(x, 0, 1)
    if context:
        carry, _ = lax.scan(step, carry, by_time[:context])
        carry = lax.stop_gradient(carry)
    carry, outputs = lax.scan(step, carry, by_time[context:])
    return carry, jnp.swapaxes(outputs, 0, 1)
