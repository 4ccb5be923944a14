"""beta-DARTS (arXiv:2203.01665): a decay of the mixture's weights instead of the alphas.

Penalty: w log sum exp(alpha), mean over all edges, w growing linearly from 0 to 50. Its gradient is w softmax(alpha),
so large weights shrink and their variance with them. All else is DARTS. Followed is the released code on NAS-Bench-201:
w is half the number of the epoch, of 100 epochs.
"""

from __future__ import annotations

import dataclasses

import jax

from dartsx.search.method import Alpha, Method, Task
from dartsx.search.schedules import linear


def beta_darts(base: Method, task: Task, penalty_start: float, penalty_end: float) -> Method:
    """`base` with Beta-Decay; see the module's docstring."""
    weight = linear(penalty_start, penalty_end)
    return dataclasses.replace(base, penalty=lambda alpha, t: weight(t) * decay(alpha))


def decay(alpha: Alpha) -> jax.Array:
    """Mean over all rows of log sum exp(alpha)."""
    rows = [jax.nn.logsumexp(logits, -1) for logits in alpha.values()]
    return sum(row.sum() for row in rows) / sum(row.size for row in rows)
