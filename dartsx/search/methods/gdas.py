"""GDAS (arXiv:1910.04465): one candidate per edge is drawn in every pass.

Mixture: one-hot at argmax(alpha + g), g Gumbel noise; gradient that of softmax((log softmax(alpha) + g) / tau),
tau falling linearly from 10 to 0.1. Unlike DARTS the weights are trained under single paths.
Prediction uses the strongest candidates.

As in the paper only the drawn candidate is computed, where edges are computed one after the other (the default on a
CPU, ``search.remat=branch`` elsewhere; a GPU computes all together in fewer kernels), and only its weight hands a
gradient on; the released code also counts the outputs of the others as 1. Settings are those of the released code for
CIFAR-10 in the space of DARTS (250 epochs, batches of 256, weight decay 5e-4), but for Nesterov's momentum.
"""

from __future__ import annotations

import dataclasses

from dartsx.search import relax
from dartsx.search.method import Method, Task
from dartsx.search.schedules import linear


def gdas(base: Method, task: Task, temperature_start: float, temperature_end: float) -> Method:
    """`base` with hard samples; see the module's docstring."""
    temperature = linear(temperature_start, temperature_end)
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, t: relax.hard_concrete(alpha, key, temperature(t)),
        expected=lambda alpha, t: relax.strongest(alpha),
        lazy=True,
    )
