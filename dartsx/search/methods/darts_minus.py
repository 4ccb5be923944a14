"""DARTS- (arXiv:2009.01027): an auxiliary skip connection on every edge, faded out during the search.

Mixture: that of the method below it, plus beta on skip_connect, beta falling linearly from 1 to 0. The
skip's help to training thus no longer shows in its alpha. Alphas, penalty and derivation are DARTS's.

The auxiliary connection is the candidate skip_connect itself with an extra weight, which is the same thing where it is
the identity; in reduction cells the paper gives the auxiliary reduction weights of its own, here the two share them.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp

from dartsx.search.columns import places
from dartsx.search.method import Method, Task
from dartsx.search.schedules import linear

SKIP = "skip_connect"


def darts_minus(base: Method, task: Task, skip_start: float = 1.0, skip_end: float = 0.0) -> Method:
    """`base` with an auxiliary skip connection; see the module's docstring.

    Raises:
      ValueError: the space has no skip_connect.
    """
    if SKIP not in task.space.primitives:
        given = ", ".join(task.space.primitives)
        raise ValueError(f"darts_minus needs {SKIP} among the primitives; given: {given}")
    beta, skips = linear(skip_start, skip_end), places(task.space, SKIP)

    def assisted(mixture, progress):
        added = {name: jnp.asarray(beta(progress) * skip, mixture[name].dtype) for name, skip in skips.items()}
        return {name: rows + added[name] if name in added else rows for name, rows in mixture.items()}

    def expected(alpha, progress):
        plain = base.expected(alpha, progress) if base.expected else base.mixture(alpha, None, progress)
        return assisted(plain, progress)

    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, t: assisted(base.mixture(alpha, key, t), t),
        expected=expected,
    )
