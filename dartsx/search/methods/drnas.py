"""DrNAS (arXiv:2006.10355): the mixture of an edge is a sample of a Dirichlet distribution whose parameters are learnt.

Mixture: rows from Dirichlet(beta), beta = elu(alpha) + 1, gradients through the samples. What keeps beta near 1 is the
weight decay of the alphas (0.001, as in DARTS): the L2 distance of the paper, the default of the released code. Its
other one is the penalty w KL(Dirichlet(beta) || Dirichlet(1)), summed over edges; w is 0 by default, and then there is
none. Prediction and derivation use the mean beta / sum beta, where the released code takes softmax(alpha): the order on
an edge is the same. Unlike DARTS the mixture is random while alphas are uncertain, which explores.

Settings are those of the released code in the space of DARTS (no 'none' among the candidates, alphas rest for 10
epochs), in a supernet of DARTS's size; the paper's progressive scheme is ``drnas+progressive``, see `progressive`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma, gammaln

from dartsx.search import relax
from dartsx.search.method import Alpha, Method, Task


def drnas(base: Method, task: Task, penalty: float) -> Method:
    """`base` with Dirichlet samples; see the module's docstring."""
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: relax.dirichlet(alpha, key),
        chances=mean,
        expected=lambda alpha, progress: mean(alpha),
        penalty=(lambda alpha, progress: penalty * divergence(alpha)) if penalty else None,
        strength=strength,
    )


def mean(alpha: Alpha) -> dict[str, jax.Array]:
    """beta / sum beta per edge."""
    beta = relax.concentration(alpha)
    return {name: rows / rows.sum(-1, keepdims=True) for name, rows in beta.items()}


def divergence(alpha: Alpha) -> jax.Array:
    """KL(Dirichlet(beta) || Dirichlet(1)), sum over all edges; dropped candidates do not count."""
    total = 0.0
    for name, beta in relax.concentration(alpha).items():
        kept = jnp.isfinite(alpha[name])
        beta = jnp.where(kept, beta, 1)
        whole, count = jnp.where(kept, beta, 0).sum(-1, keepdims=True), kept.sum(-1)
        terms = (beta - 1) * (digamma(beta) - digamma(whole)) - gammaln(beta)
        total += (terms.sum(-1) + gammaln(whole[..., 0]) - gammaln(count.astype(beta.dtype))).sum()
    return total


def strength(alpha: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The means, computed in float64 on the host."""
    strengths = {}
    for name, logits in alpha.items():
        logits = np.asarray(logits, np.float64)
        beta = np.where(logits > 0, logits, np.expm1(np.minimum(logits, 0))) + 1
        strengths[name] = beta / beta.sum(-1, keepdims=True)
    return strengths
