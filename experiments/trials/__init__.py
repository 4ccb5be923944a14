"""Trials: runs that are resumed by their folder, what executes many of them, and the ledger of what they reached."""

from experiments.trials.drive import Listed, Source, drive
from experiments.trials.executor import Executor, ExecutorError
from experiments.trials.here import Here
from experiments.trials.ledger import Ledger
from experiments.trials.scores import SCORES, folders, smaller_is_better
from experiments.trials.seeds import trials_of
from experiments.trials.trial import JOBS, Result, Trial

__all__ = [
    "JOBS",
    "SCORES",
    "Executor",
    "ExecutorError",
    "Here",
    "Ledger",
    "Listed",
    "Result",
    "Source",
    "Trial",
    "drive",
    "folders",
    "smaller_is_better",
    "trials_of",
]
