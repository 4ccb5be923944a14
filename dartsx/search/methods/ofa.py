"""Once-for-all (arXiv:1908.09791): one training of all networks by progressive shrinking; alphas are not trained.

First the largest network is trained, then every stage adds smaller options: kernels, depths, widths (expansions), as
`PHASES` says. A step draws so many networks uniformly, adds up the gradients of their losses, and changes the size of
its images where `resolutions` names several. Behind the first phase the loss of every network gains the cross entropy
with what the largest one of that phase predicts, which teaches from then on (knowledge distillation, section 3.3).
Before widths shrink, channels are sorted by importance, see `dartsx.nn.channels`. ``--config.search.sharing=
transformed`` gives kernels their transformation matrices.

Phases, numbers of networks of a step and their shares of the epochs are those of the released code (train_ofa_net.py),
behind 180 epochs for the largest network. There every phase has a schedule of the learning rate and an optimiser of its
own; here one schedule runs through all, and momenta begin anew where channels are sorted. The architecture of such a
search is the largest; others are found by a strategy, scored by the shared weights.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.nn.channels import sorted_channels
from dartsx.optim import without_momentum
from dartsx.search import relax
from dartsx.search.masked import masked
from dartsx.search.method import Method, Stage, Task
from dartsx.search.methods.random_sharing import none
from dartsx.spaces import Space

KINDS = ("kernel", "depth", "expansion")


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of the training.

    Attributes:
      epochs: its share of all epochs, in those of the released code.
      opened: how many of the largest kernels, depths and expansions are drawn from.
      paths: networks of a step.
    """

    epochs: int
    opened: tuple[int, int, int]
    paths: int


PHASES = (
    Phase(180, (1, 1, 1), 1),
    Phase(125, (3, 1, 1), 1),
    Phase(25, (3, 2, 1), 2),
    Phase(125, (3, 3, 1), 2),
    Phase(25, (3, 3, 2), 4),
    Phase(125, (3, 3, 3), 4),
)


def ofa(base: Method, task: Task, distillation: float, resolutions: str) -> Method:
    """`base` with progressive shrinking; see the module's docstring.

    Raises:
      ValueError: the space has other decisions than kernels, depths and expansions, or a resolution is no number.
    """
    space, largest = task.space, opened(task.space, (1, 1, 1))
    sizes = tuple(int(size) for size in resolutions.split(",") if size)
    biggest = {name: rows.astype(np.float32) for name, rows in largest.items()}
    method = dataclasses.replace(
        base,
        init=lambda key, shapes: {name: jnp.zeros(shape) for name, shape in shapes.items()},
        mixture=lambda alpha, key, progress: relax.one_path(alpha, key),
        expected=lambda alpha, progress: {name: jnp.asarray(rows) for name, rows in biggest.items()},
        strength=lambda alpha: biggest,
        hypergradient=none,
        resolutions=sizes,
        lazy=True,
    )
    return dataclasses.replace(method, stages=tuple(_stages(space, distillation)))


def opened(space: Space, counts: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """By group booleans of the shape of its alphas: the so many largest options of every decision.

    Args:
      space: a space of kernels, depths and expansions alone.
      counts: how many of each kind.

    Raises:
      ValueError: a decision is of another kind, or has options that are no numbers.
    """
    kept, decisions = {}, iter(space.decisions)
    for group, shape in space.alpha_shapes.items():
        kept[group] = np.zeros(shape, bool)
        for row, labels in enumerate(space.options[group]):
            name = next(decisions)
            kind = name.rpartition("/")[2]
            if kind not in KINDS or not all(label.isdigit() for label in labels):
                allowed = ", ".join(KINDS)
                raise ValueError(f"ofa shrinks numbers named {allowed}; decision {name} has {', '.join(labels)}")
            order = np.argsort([-int(label) for label in labels])
            kept[group][row, order[: counts[KINDS.index(kind)]]] = True
    return kept


def _stages(space: Space, distillation: float):
    """The phases as stages of a search."""
    total, done = sum(phase.epochs for phase in PHASES), 0
    for number, phase in enumerate(PHASES):
        done += phase.epochs
        before = PHASES[max(number - 1, 0)]
        yield Stage(
            until=done / total,
            goes_on=number > 0,
            change=functools.partial(_during, phase, space, distillation if number else 0.0),
            begin=functools.partial(_begun, number == 1, phase.opened[2] > before.opened[2]),
        )


def _during(phase: Phase, space: Space, distillation: float, method: Method) -> Method:
    def paths(alpha, key, progress):
        return jax.vmap(lambda k: relax.one_path(alpha, k))(jax.random.split(key, phase.paths))

    return masked(dataclasses.replace(method, paths=paths, teach=distillation), opened(space, phase.opened))


def _begun(teaches: bool, sorts: bool, problem: Any, state: Any) -> Any:
    """The state in which a phase begins: the second has a teacher, and channels are sorted where widths shrink."""
    if teaches:
        teacher = {"params": state.params, "batch_stats": state.batch_stats}
        state = state._replace(memory={**state.memory, "teacher": jax.tree.map(jnp.copy, teacher)})
    if sorts:
        params, statistics = sorted_channels(problem.supernet, state.params, state.batch_stats)
        weight_opt = without_momentum(state.weight_opt, params)
        state = state._replace(params=params, batch_stats=statistics, weight_opt=weight_opt)
    return state
