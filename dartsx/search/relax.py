"""Relaxations: how a mixture (weights of the candidates) is made from alphas (logits).

Alphas and mixtures are dicts per cell type [edges, primitives]; a leading axis (a row of alphas for each cell) is
allowed everywhere. An alpha of minus infinity is a candidate that has been dropped: its weight is 0. Noise comes from
one stream per cell type of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp

from dartsx.runtime import stream

Logits = Mapping[str, jax.Array]


def softmax(alpha: Logits, temperature: jax.Array | float = 1.0) -> dict[str, jax.Array]:
    """Softmax of alpha / temperature over the candidates of every edge (DARTS, arXiv:1806.09055, equation 2).

    Args:
      alpha: per cell type [edges, primitives].
      temperature: above 0; 1 in DARTS.

    Returns:
      Mixtures of the same shapes; rows sum to 1.
    """
    return {cell_type: jax.nn.softmax(logits / temperature, -1) for cell_type, logits in alpha.items()}


def sigmoid(alpha: Logits) -> dict[str, jax.Array]:
    """Sigmoid of every alpha: candidates do not compete (FairDARTS, arXiv:1911.12126)."""
    return {cell_type: jax.nn.sigmoid(logits) for cell_type, logits in alpha.items()}


def strongest(alpha: Logits) -> dict[str, jax.Array]:
    """One-hot at the largest alpha of every edge."""
    return {cell_type: _one_hot(logits.argmax(-1), logits) for cell_type, logits in alpha.items()}


def concrete(alpha: Logits, key: jax.Array, temperature: jax.Array | float) -> dict[str, jax.Array]:
    """softmax((alpha + g) / temperature), g standard Gumbel noise (arXiv:1611.00712)."""
    return _each(lambda logits, k: _concrete(logits, k, temperature), alpha, key)


def hard_concrete(alpha: Logits, key: jax.Array, temperature: jax.Array | float) -> dict[str, jax.Array]:
    """One-hot at the largest alpha + g, with the gradient of `concrete` at the same noise (straight-through).

    Candidate i is drawn with probability softmax(alpha)_i, at any temperature. No gradient flows through the weights of
    candidates that are not drawn, which need not be computed then (GDAS, arXiv:1910.04465, section 3.2).
    """

    def sample(logits, k):
        soft = _concrete(logits, k, temperature)
        drawn = _one_hot(soft.argmax(-1), soft)
        return _straight_through(drawn, drawn * soft)

    return _each(sample, alpha, key)


def reinmax(alpha: Logits, key: jax.Array, temperature: jax.Array | float = 1.0) -> dict[str, jax.Array]:
    """One-hot drawn from p = softmax(alpha), with ReinMax's gradient (arXiv:2304.08612, algorithm 2).

    The gradient is that of 2 q - p / 2, where q = (one-hot + softmax(alpha / temperature)) / 2 is differentiated as a
    softmax: Heun's rule. At temperature 1 its mean is exact for functions that are quadratic in the mixture.
    """

    def sample(logits, k):
        p = jax.nn.softmax(logits, -1)
        drawn = _one_hot(jax.random.categorical(k, logits), p)
        middle = (drawn + jax.nn.softmax(logits / temperature, -1)) / 2
        kept = jnp.isfinite(logits)
        offset = jnp.where(kept, jnp.log(jnp.where(kept, middle, 1)) - jnp.where(kept, logits, 0), 0)
        q = jax.nn.softmax(logits + jax.lax.stop_gradient(offset), -1)
        return _straight_through(drawn, 2 * q - p / 2)

    return _each(sample, alpha, key)


def two_paths(alpha: Logits, key: jax.Array) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    """One-hot at one of two candidates that are drawn by softmax(alpha), with ProxylessNAS's gradient.

    Two candidates of every edge are drawn without replacement, and one of them by the softmax q over both. Gates being
    one-hot, d loss / d alpha_i is the sum over both candidates j of d loss / d gate_j times d q_j / d alpha_i
    (arXiv:1812.00332, equation 4); the other candidates count as absent.

    Returns:
      The one-hot mixtures, and booleans of their shapes that are true at what was drawn.
    """
    rows, drawn = {}, {}
    for name, logits in alpha.items():
        pair_key, one_key = jax.random.split(stream(key, name))
        # The two largest of logits with Gumbel noise are two draws without replacement.
        noisy = logits + jax.random.gumbel(pair_key, logits.shape, logits.dtype)
        _, places = jax.lax.top_k(noisy, min(2, logits.shape[-1]))
        drawn[name] = jax.nn.one_hot(places, logits.shape[-1], dtype=bool).any(-2) & jnp.isfinite(logits)
        pair = jnp.where(drawn[name], logits, -jnp.inf)
        one = _one_hot(jax.random.categorical(one_key, pair), pair)
        rows[name] = _straight_through(one, jax.nn.softmax(pair, -1))
    return rows, drawn


def one_path(alpha: Logits, key: jax.Array) -> dict[str, jax.Array]:
    """One-hot at a candidate that is drawn by softmax(alpha); without a gradient."""
    return _each(lambda logits, k: _one_hot(jax.random.categorical(k, logits), logits), alpha, key)


def concentration(alpha: Logits) -> dict[str, jax.Array]:
    """Parameters of the Dirichlet distributions of `dirichlet`: elu(alpha) + 1 > 0."""
    return {cell_type: jax.nn.elu(logits) + 1 for cell_type, logits in alpha.items()}


def dirichlet(alpha: Logits, key: jax.Array) -> dict[str, jax.Array]:
    """Rows drawn from Dirichlet(elu(alpha) + 1), pathwise gradient (DrNAS, arXiv:2006.10355)."""

    def sample(logits, k):
        kept = jnp.isfinite(logits)
        gamma = jax.random.loggamma(k, jax.nn.elu(jnp.where(kept, logits, 0)) + 1)
        return jax.nn.softmax(jnp.where(kept, gamma, -jnp.inf), -1)

    return _each(sample, alpha, key)


def entropy(mixture: Mapping[str, jax.Array]) -> jax.Array:
    """Mean entropy in nats of the rows of all mixtures: log(primitives) when undecided, 0 when one-hot."""
    rows = [jax.scipy.special.entr(rows).sum(-1) for rows in mixture.values()]
    return sum(row.sum() for row in rows) / sum(row.size for row in rows)


def _each(sample: Callable, alpha: Logits, key: jax.Array) -> dict[str, jax.Array]:
    return {name: sample(logits, stream(key, name)) for name, logits in alpha.items()}


def _concrete(logits, key, temperature):
    noise = jax.random.gumbel(key, logits.shape, logits.dtype)
    return jax.nn.softmax((logits + noise) / temperature, -1)


def _one_hot(index, like):
    return jax.nn.one_hot(index, like.shape[-1], dtype=like.dtype)


def _straight_through(value, gradient):
    """`value`, with the derivative of `gradient`."""
    return value + (gradient - jax.lax.stop_gradient(gradient))
