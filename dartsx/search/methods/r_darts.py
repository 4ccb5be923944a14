"""R-DARTS and DARTS-ES (arXiv:1909.09656): flat minima of the validation loss give cells that survive derivation.

DARTS-ES: with e(t) the dominant eigenvalue of d^2 L_valid / d alpha^2 after epoch t and a(t) its mean
over the last 5 epochs, the search ends, and goes back to the alphas of epoch t - 5, when a(t) > factor a(t - 5),
factor 1 / 0.75. R-DARTS regularises the weights more: ``r_darts`` also brings a larger weight decay of the weights
(L2) in its config. Its other form, stronger drop path and cutout in the search, is left out: supernets here have no
drop path. All else is DARTS. The eigenvalue is computed every epoch, on one batch.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from dartsx.search.method import Epoch, HostAlpha, Method, Task


def r_darts(
    base: Method, task: Task, factor: float = 1 / 0.75, window: int = 5, back: int = 5
) -> Method:
    """`base` with early stopping by the eigenvalue; see the module's docstring."""
    return dataclasses.replace(base, stop=Eigenvalue(factor, window, back))


@dataclasses.dataclass(frozen=True)
class Eigenvalue:
    """Stops when the mean eigenvalue of `window` epochs exceeds `factor` times that of `back` epochs before."""

    factor: float
    window: int
    back: int

    def init(self, alpha: HostAlpha, epochs: int) -> dict[str, np.ndarray]:
        """Eigenvalues of all epochs, and the alphas of the last `back`, oldest first."""
        past = {f"past/{name}": np.stack([np.asarray(a)] * self.back) for name, a in alpha.items()}
        return {"stopped": np.array(False), "eigenvalues": np.zeros(epochs, np.float32), **past}

    def update(self, memory, epoch: Epoch):
        """Appends the eigenvalue and compares; where it stops it gives the oldest alphas back."""
        values = np.array(memory["eigenvalues"])
        values[epoch.done - 1] = epoch.eigenvalue()
        past = {f"past/{name}": memory[f"past/{name}"] for name in epoch.alpha}
        stopped = self._stops(values[: epoch.done])
        kept = epoch.alpha
        if stopped:
            kept = {name: past[f"past/{name}"][0] for name in epoch.alpha}
        moved = {
            f"past/{name}": np.concatenate([past[f"past/{name}"][1:], np.asarray(a)[None]])
            for name, a in epoch.alpha.items()
        }
        return {"stopped": np.array(stopped), "eigenvalues": values, **moved}, kept

    def _stops(self, values: np.ndarray) -> bool:
        if len(values) < self.window + self.back:
            return False
        now = values[-self.window :].mean()
        before = values[-self.window - self.back : -self.back].mean()
        return bool(now > self.factor * before)
