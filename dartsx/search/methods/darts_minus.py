"""DARTS- (arXiv:2009.01027): an auxiliary skip connection on every edge, faded out during the search.

Mixture: that of the method below it, plus beta on skip_connect, beta falling linearly from 1 to 0. The
skip's help to training thus no longer shows in its alpha. Alphas, penalty and derivation are DARTS's.

The auxiliary connection is the candidate skip_connect itself with an extra weight, which is the same thing where it is
the identity; where it halves the map the released code gives the auxiliary one weights of its own, here the two share
them. Beta, its linear decay and all other settings are those of the released code (DARTS's); the config leaves 'none'
out, as FairDARTS, by the same authors, does.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp

from dartsx.search.columns import places
from dartsx.search.method import Method, Task, without_noise
from dartsx.search.schedules import linear

SKIP = "skip_connect"


def darts_minus(base: Method, task: Task, skip_start: float, skip_end: float) -> Method:
    """`base` with an auxiliary skip connection; see the module's docstring.

    Raises:
      ValueError: the space has no skip_connect.
    """
    beta, skips = linear(skip_start, skip_end), places(task.space, SKIP)
    if not any(skip.any() for skip in skips.values()):
        given = ", ".join(dict.fromkeys(name for rows in task.space.options.values() for row in rows for name in row))
        raise ValueError(f"darts_minus needs {SKIP} among the primitives; given: {given}")

    def assisted(mixture, progress):
        added = {name: jnp.asarray(beta(progress) * skip, mixture[name].dtype) for name, skip in skips.items()}
        return {name: rows + added[name] if name in added else rows for name, rows in mixture.items()}

    expected = without_noise(base)
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, t: assisted(base.mixture(alpha, key, t), t),
        expected=lambda alpha, t: assisted(expected(alpha, t), t),
    )
