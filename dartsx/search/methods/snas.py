"""SNAS (arXiv:1812.09926): mixtures are samples of a concrete distribution; one level of optimisation.

Mixture: softmax((alpha + g) / lambda), g Gumbel noise (with alpha the log probabilities up to a
constant); lambda falls from 1 to 0.03 by a constant factor a step. Unlike DARTS, alphas and weights minimise the same
loss on the same batch, so only the first-order gradient has a meaning. The resource constraint of the paper is left
out, and the two updates of a step are made one after the other. No code was released; settings are the paper's (150
epochs; batch and optimisers as in DARTS).

With two levels alphas learn from images that train no weights, under the same soft samples: the search of FBNet
(arXiv:1812.03443, section 3.3), see ``configs/fbnet.py``.
"""

from __future__ import annotations

import dataclasses

from dartsx.search import relax
from dartsx.search.method import Method, Task
from dartsx.search.schedules import exponential


def snas(base: Method, task: Task, temperature_start: float, temperature_end: float, levels: int) -> Method:
    """`base` with soft samples and so many levels of optimisation; see the module's docstring."""
    temperature = exponential(temperature_start, temperature_end)
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, t: relax.concrete(alpha, key, temperature(t)),
        expected=lambda alpha, t: relax.softmax(alpha),
        one_level=levels == 1,
    )
