"""Trials: runs that are resumed by their folder, what executes many of them, and the ledger of what they reached."""

from dartsx.experiments.trials.drive import Listed, Source, drive
from dartsx.experiments.trials.executor import Executor, ExecutorError
from dartsx.experiments.trials.here import Here
from dartsx.experiments.trials.ledger import Ledger
from dartsx.experiments.trials.scores import default_score, folders, smaller_is_better
from dartsx.experiments.trials.seeds import trials_of
from dartsx.experiments.trials.trial import JOBS, Result, Trial

__all__ = [
    "JOBS",
    "Executor",
    "ExecutorError",
    "Here",
    "Ledger",
    "Listed",
    "Result",
    "Source",
    "Trial",
    "default_score",
    "drive",
    "folders",
    "smaller_is_better",
    "trials_of",
]
