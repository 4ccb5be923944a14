"""ProxylessNAS (arXiv:1812.00332): binary gates, of which an architecture step sees two.

Mixture of a weight step: one candidate per edge, drawn by p = softmax(alpha). Mixture of an architecture step: two
candidates are drawn by p without replacement, and one of both is the path; alphas of the two have the gradient of
`relax.two_paths`, the others none (section 3.2.1). Behind the step the two are shifted by one number, so that the
probabilities of all others stay as they were. Prediction and derivation: the most likely candidates.

Where the paper leaves it open this is the released code (search/modules/mix_op.py): the pair is drawn without
replacement, and the path by the softmax over the pair. Unlike there a pair that holds nothing-at-all learns like any
other (there no alpha of the block moves while its path is nothing), and an expected cost is that of all candidates, as
in the paper's equation 8 (there of the pair): it moves every alpha.

Of an open description only what is drawn is computed, so that a search takes about the memory of two networks; cells
compute all candidates. Settings are those of the released search on ImageNet but for its 120 epochs of batches of 256.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from dartsx.nn.open_supernet import COMPUTED
from dartsx.search import relax
from dartsx.search.method import Alpha, Method, Task


def proxyless(base: Method, task: Task) -> Method:
    """`base` with two drawn paths; see the module's docstring."""
    described = task.space.graph is None

    def mixture(alpha, key, progress):
        rows, drawn = relax.two_paths(alpha, key)
        return rows | {f"{name}{COMPUTED}": where for name, where in drawn.items()} if described else rows

    def paths(alpha, key, progress):
        return {name: rows[None] for name, rows in relax.one_path(alpha, key).items()}

    return dataclasses.replace(
        base,
        mixture=mixture,
        paths=paths,
        expected=lambda alpha, progress: relax.strongest(alpha),
        rescale=rescaled,
        lazy=described,
    )


def rescaled(before: Alpha, after: Alpha) -> dict[str, jax.Array]:
    """`after`, where alphas that moved are shifted so that softmax gives the others what it gave them before."""
    alphas = {}
    for name, old in before.items():
        new, moved = after[name], after[name] != old
        total = [jax.nn.logsumexp(jnp.where(moved, logits, -jnp.inf), -1, keepdims=True) for logits in (new, old)]
        alphas[name] = jnp.where(moved, new - (total[0] - total[1]), new)
    return alphas
