"""DARTS+ (arXiv:1909.06035): the search ends before skip connections take over.

It ends after the first epoch in which
  the derived normal cell has two or more skip connections (criterion 1), or
  no ranking of the candidates of an edge has changed for 10 epochs (criterion 2).
As in the paper the alphas of that epoch are kept; all else is DARTS. No code was released. Spaces without cell types
are judged by their only cell.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from dartsx.search.method import Epoch, HostAlpha, Method, Task
from dartsx.spaces import SKIP, Architecture


def darts_plus(base: Method, task: Task, skips: int, stable_epochs: int) -> Method:
    """`base` with early stopping; see the module's docstring."""
    return dataclasses.replace(base, stop=SkipsOrRanks(skips, stable_epochs))


@dataclasses.dataclass(frozen=True)
class SkipsOrRanks:
    """Stops at `skips` skip connections in a normal cell, or at `stable_epochs` epochs without a change of rank."""

    skips: int
    stable_epochs: int

    def init(self, alpha: HostAlpha, epochs: int) -> dict[str, np.ndarray]:
        """Ranks before the first epoch, and for how many epochs they have been the same."""
        del epochs
        ranks = {f"ranks/{name}": value for name, value in _ranks(alpha).items()}
        return {"stopped": np.array(False), "stable": np.int32(0), **ranks}

    def update(self, memory, epoch: Epoch):
        """Counts skips and epochs."""
        ranks = {f"ranks/{name}": value for name, value in _ranks(epoch.alpha).items()}
        same = all(np.array_equal(value, memory[name]) for name, value in ranks.items())
        stable = np.int32(memory["stable"] + 1 if same else 0)
        stopped = stable >= self.stable_epochs or count_skips(epoch.genotype) >= self.skips
        return {"stopped": np.array(stopped), "stable": stable, **ranks}, epoch.alpha


def count_skips(architecture: Architecture) -> int:
    """Skip connections of the normal (or only) cell; of a chain those of all decisions."""
    counted = [o for name, o in architecture.choices.items() if not architecture.cells or name.startswith("normal/")]
    return sum(option.split("+").count(SKIP) for option in counted)  # an edge of two primitives is called a+b


def _ranks(alpha: HostAlpha) -> dict[str, np.ndarray]:
    return {name: np.argsort(np.asarray(a), -1, kind="stable").astype(np.int32) for name, a in alpha.items()}
