"""Where settings come from: a list, or a sampler that learns from scores."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from dartsx.catalog import how_to_install
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.sweeps.configs import Setting
from dartsx.experiments.sweeps.points import Point, Swept
from dartsx.experiments.sweeps.schedulers import FAILED

LEARNING = ("tpe", "cmaes")


class Proposals(Protocol):
    """Settings by number, from 0 on."""

    def setting(self, number: int) -> Setting | None:
        """The setting of this number, the same whenever it is asked for; None where there are no more."""

    def tell(self, number: int, score: float) -> None:
        """What a setting has reached; more is better."""


class Fixed:
    """`Proposals` of a list."""

    def __init__(self, settings: Sequence[Setting]):
        self._settings = settings

    def setting(self, number: int) -> Setting | None:
        """See `Proposals`."""
        return self._settings[number] if number < len(self._settings) else None

    def tell(self, number: int, score: float) -> None:
        """Changes nothing."""


class Optuna:
    """`Proposals` of a sampler of Optuna, whose journal in the sweep's folder keeps what was asked and told.

    A setting is told once, by the first score that it gets: with early stopping that of the first rung, the only one at
    which all settings can be compared.
    """

    def __init__(
        self,
        make: Callable[[Point], Setting],
        root: pathlib.Path,
        sampler: str,
        swept: Swept,
        whole: Sequence[str],
        count: int,
        seed: int,
    ):
        """Opens the journal.

        Args:
          make: makes a checked setting of a point.
          root: the sweep's folder.
          sampler: one of `LEARNING`: a tree-structured Parzen estimator, or CMA-ES (numbers only).
          swept: choices and ranges.
          whole: fields whose numbers are whole.
          count: number of settings.
          seed: seed of the sampler.

        Raises:
          SettingsError: Optuna is not installed.
        """
        optuna = _optuna(sampler)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        made = {"tpe": optuna.samplers.TPESampler, "cmaes": optuna.samplers.CmaEsSampler}[sampler](seed=seed)
        backend = optuna.storages.journal.JournalFileBackend(str(root / "optuna.journal"))
        storage = optuna.storages.JournalStorage(backend)
        given = {"storage": storage, "sampler": made, "direction": "maximize", "load_if_exists": True}
        self._study = optuna.create_study(study_name=sampler, **given)
        self._space = _space(optuna, swept, whole)
        self._make, self._count, self._states = make, count, optuna.trial.TrialState

    def setting(self, number: int) -> Setting | None:
        """See `Proposals`."""
        if number >= self._count:
            return None
        while len(self._study.trials) <= number:
            self._study.ask(self._space)
        return self._make(self._study.trials[number].params)

    def tell(self, number: int, score: float) -> None:
        """See `Proposals`."""
        if self._study.trials[number].state == self._states.RUNNING:
            failed = score == FAILED
            self._study.tell(number, None if failed else score, self._states.FAIL if failed else None)


def _optuna(sampler: str) -> Any:
    try:
        import optuna

        if sampler == "cmaes":
            import cmaes  # noqa: F401 - Optuna finds out only when it has settings to learn from
    except ImportError as error:
        problem = f"needs the extra optuna: {how_to_install('optuna')} ({error})"
        raise SettingsError(f"--sampler={sampler}: {problem}") from None
    return optuna


def _space(optuna: Any, swept: Swept, whole: Sequence[str]) -> dict[str, Any]:
    distributions = optuna.distributions
    space = {name: distributions.CategoricalDistribution(values) for name, values in swept.choices.items()}
    for name, numbers in swept.ranges.items():
        if name in whole:
            low, high = round(numbers.low), round(numbers.high)
            space[name] = distributions.IntDistribution(low, high, log=numbers.log)
        else:
            space[name] = distributions.FloatDistribution(numbers.low, numbers.high, log=numbers.log)
    return space
