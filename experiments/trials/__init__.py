"""Trials: runs that are resumed by their folder, and what executes many of them."""

from experiments.trials.local import run_local
from experiments.trials.trial import Result, Trial

__all__ = ["Result", "Trial", "run_local"]
