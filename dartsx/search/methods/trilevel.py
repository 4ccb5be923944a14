"""Trilevel NAS (arXiv:2101.06658): sparse mixtures that end one-hot, and an order among longer and shorter networks.

Mixture: SparsestMax of the alphas (`sparse.sparsestmax`); its radius grows linearly from 0 to 1 over the search, so the
supernet turns into the network that is derived. Penalty ("sorted"): w times the sum, over the ways in which networks
grow (`Argmax.growing`), of the alpha of the last option less that of the first; above 0 short networks are preferred.
That is how the released code orders the options of its network level; a sum of the differences of neighbours, which is
the same. Prediction takes the mixture, expected costs and derivation take sparsemax, whose order on a row is the same.

Once a row of the mixture is one-hot, its alphas have no gradient. Weight decay would then be all that Adam sees, and
Adam would take the alphas to 0 at the full learning rate, whatever they had learned: the method's default is none.

The released code draws kernel widths by Gumbel softmax and trains the widest and the narrowest network besides, prunes
while it trains, and adds perceptual and total variation losses to the pixels'; none of this is done here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import jax

from dartsx.catalog import DESCRIBED
from dartsx.search import sparse
from dartsx.search.method import Alpha, Method, Task
from dartsx.spaces import Space


def trilevel(base: Method, task: Task, order: float) -> Method:
    """`base` with sparse mixtures; see the module's docstring."""
    ends = tuple(_ends(task.space)) if order else ()

    def penalty(alpha: Alpha, progress: jax.Array) -> jax.Array:
        return order * sum(alpha[group][last] - alpha[group][first] for group, first, last in ends)

    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: sparse.sparsestmax(alpha, progress),
        chances=sparse.sparsemax,
        penalty=penalty if ends else None,
        strength=sparse.host_sparsemax,
    )


def _ends(space: Space) -> Iterable[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Group, and row and column of the first and the last option, of every way in which networks of the space grow."""
    if space.executor != DESCRIBED or space.enclosing is None:
        return
    rows = {name: (row, decision.options) for row, (name, decision) in enumerate(space.decisions.items())}
    for rule in space.enclosing.description().traced().rules:
        for way in rule.growing:
            row, options = rows.get(rule.name, (0, ()))
            if way[0] in options and way[-1] in options:
                yield "decisions", (row, options.index(way[0])), (row, options.index(way[-1]))
