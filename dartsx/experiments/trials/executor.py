"""What all executors promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dartsx.experiments.trials.trial import Result, Trial


class ExecutorError(RuntimeError):
    """An executor that cannot work here; the message says what is missing and what to do."""


class Executor(Protocol):
    """Runs trials, each in the folder of its name below a root, as many at once as there is room for.

    A trial that is started again goes on from its checkpoints. As a context manager it gives back what it holds.

    Attributes:
      running: trials that were started and have not been told of, by name.
    """

    running: Mapping[str, Trial]

    def room(self) -> bool:
        """Whether another can start now."""

    def start(self, trial: Trial) -> None:
        """Starts or resumes one."""

    def wait(self, seconds: float) -> Sequence[Result]:
        """What became of those that have ended; waits about so many seconds for the first of them."""

    def stop(self) -> None:
        """Asks all that run to save and leave; `wait` then tells of them."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *_: Any) -> None: ...
