"""ReinMax (arXiv:2304.08612): hard samples with a second-order accurate straight-through gradient.

Mixture: one candidate per edge, drawn with probability softmax(alpha); its gradient is Heun's rule instead of
Euler's, see `relax.reinmax`. The paper is about discrete latent variables, of which the choice of candidates is one
example; it searches no cells. Temperature 1 is the case of its theorem; it keeps values from 1 to 1.5 in its
experiments. Unlike DARTS the weights are trained under single paths, and unlike GDAS no temperature has to fall.
"""

from __future__ import annotations

import dataclasses

from dartsx.search import relax
from dartsx.search.method import Method, Task
from dartsx.search.schedules import linear


def reinmax(base: Method, task: Task, temperature_start: float, temperature_end: float) -> Method:
    """`base` with hard samples; see the module's docstring."""
    temperature = linear(temperature_start, temperature_end)
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, t: relax.reinmax(alpha, key, temperature(t)),
        expected=lambda alpha, t: relax.strongest(alpha),
    )
