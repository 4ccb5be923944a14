"""TuNAS (arXiv:2008.06120): REINFORCE on shared weights, with a reward that is largest at the target of a cost.

Mixture: one candidate per edge, drawn by softmax(alpha). After a path was drawn its reward on the validation batch is
the accuracy Q, or where the search is bound to a cost (``search.cost``) Q + beta |cost / target - 1|, beta < 0
(section 4, "absolute reward"); alphas follow `dartsx.search.reinforce`. Prediction and derivation: the most likely
candidates. ``search.cost.form`` and ``.weight`` are those of losses and play no part.

As in the released code the baseline is a moving mean of momentum 0.95 that begins with the first reward, beta is -0.1,
and decisions inside options that are not drawn do not learn. Unlike there reward and weights come from paths that are
drawn apart, the learning rate of the alphas does not grow tenfold while they learn, and weights are not warmed up by
all operations at once; alphas that rest for the first quarter (``search.alphas.warmup_epochs``) are the config's.
"""

from __future__ import annotations

import dataclasses
import functools

from dartsx.cost.forms import tunas_absolute
from dartsx.search import relax
from dartsx.search.method import Method, Task
from dartsx.search.reinforce import Reinforce


def tunas(base: Method, task: Task, baseline: float, factor: float) -> Method:
    """`base` with rewards of drawn paths; see the module's docstring."""
    form = functools.partial(tunas_absolute, exponent=factor)
    return dataclasses.replace(
        base,
        mixture=lambda alpha, key, progress: relax.one_path(alpha, key),
        expected=lambda alpha, progress: relax.strongest(alpha),
        learning=Reinforce(task.space, baseline, form),
        lazy=True,
    )
