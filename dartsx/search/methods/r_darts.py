"""R-DARTS and DARTS-ES (arXiv:1909.09656): flat minima of the validation loss give cells that survive derivation.

DARTS-ES: with e(t) the largest eigenvalue of d^2 L_valid / d alpha^2 after epoch t and a(t) its mean
over the last 5 epochs, the search ends, and goes back to the alphas of epoch t - 5, when a(t) / a(t - 5) > factor,
factor 1 / 0.75 (the paper's; the released code compares with 4 epochs before, by 1.3).

As in the released code (src/search/train_search.py) e(t) is the largest eigenvalue by its sign, not by its magnitude.
With softmax mixtures it is 0 or more but for rounding, since shifting all alphas of an edge changes no loss. Other
mixtures can have a loss that falls off in all directions; where a(t - 5) is not above 0 there is no valley that could
have become sharper, and the search goes on. The released code divides there too: it goes on as the mean becomes
positive, but stops as a negative one moves away from 0.

R-DARTS regularises the weights more. L2: a weight decay of the weights of 0.0081 in the config, the largest of the
paper's four, of which it takes the best search by validation. DP: ``drop_path`` drops the output of an edge at a rate
that grows linearly from 0 to it (0.2, 0.4 or 0.6 in the paper, together with ``search.augment.cutout=16``, which the
released code draws with a growing probability); drawn per cell, edge and step, in the paper per image too. All else is
DARTS. The eigenvalue is computed every epoch, on one batch.
"""

from __future__ import annotations

import dataclasses

import jax
import numpy as np

from dartsx.runtime import stream
from dartsx.search.method import Epoch, HostAlpha, Method, Task, without_noise
from dartsx.search.schedules import linear


def r_darts(base: Method, task: Task, factor: float, window: int, back: int, drop_path: float) -> Method:
    """`base` with early stopping by the eigenvalue, and drop path; see the module's docstring."""
    method = dataclasses.replace(base, stop=Eigenvalue(factor, window, back))
    return with_drop_path(method, task, drop_path) if drop_path else method


def with_drop_path(base: Method, task: Task, rate: float) -> Method:
    """`base` whose edges are dropped at a rate that grows linearly from 0 to `rate`; every cell has its own rows."""
    grown = linear(0.0, rate)

    def mixture(alpha, key, progress):
        rows, keep = dict(base.mixture(alpha, key, progress)), 1 - grown(progress)
        for name, cells in task.cells.items():
            shape = (cells, *rows[name].shape[-2:-1], 1)
            drawn = jax.random.bernoulli(stream(key, f"{name}/drop_path"), keep, shape)
            rows[name] = rows[name] * (drawn / keep).astype(rows[name].dtype)
        return rows

    return dataclasses.replace(base, mixture=mixture, expected=without_noise(base))


@dataclasses.dataclass(frozen=True)
class Eigenvalue:
    """Stops when the mean eigenvalue of `window` epochs exceeds `factor` times that of `back` epochs before.

    Only where the earlier mean is above 0, see the module's docstring.
    """

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
        return bool(before > 0 and now > self.factor * before)
