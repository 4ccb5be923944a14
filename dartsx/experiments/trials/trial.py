"""What executors run: a job on a config in a folder, as data that any process can read."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from ml_collections import ConfigDict

Job = Callable[[ConfigDict, pathlib.Path, int | None], bool]
"""(config, folder, epochs after which it pauses) -> whether it is finished; called again, it goes on."""
JOBS = {
    "search": "dartsx.experiments.jobs:run_search",
    "evaluate": "dartsx.experiments.jobs:run_evaluate",
    "run": "dartsx.experiments.jobs:run_pipeline",
}
Status = Literal["finished", "paused", "stopped", "failed"]


class Trial(NamedTuple):
    """One run, of one seed or of several in one program.

    Attributes:
      name: name of its folder.
      job: a key of `JOBS`, or ``module:function`` of a `Job`.
      config: its settings, plain JSON.
      seeds: seeds of its members.
      setting: the fields in which it differs from other trials, by dotted name.
      epochs: epochs after which it pauses, to be gone on with or not; None for all.
    """

    name: str
    job: str
    config: Mapping[str, Any]
    seeds: tuple[int, ...]
    setting: Mapping[str, Any] = {}
    epochs: int | None = None

    @property
    def label(self) -> str:
        """What people read."""
        return self.name if self.epochs is None else f"{self.name} to epoch {self.epochs}"

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return self._asdict() | {"seeds": list(self.seeds)}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Trial:
        """From its JSON form."""
        return cls(**{**document, "seeds": tuple(document["seeds"])})


class Result(NamedTuple):
    """What became of a trial.

    Attributes:
      trial: the trial.
      folder: where it wrote.
      status: "paused" after the epochs that were asked for; "stopped" if a signal ended it. Both can be resumed.
      problem: what went wrong; empty unless it failed.
      seconds: wall clock from its start, attempts that died included.
      memory: most bytes that its process held, where that was measured.
    """

    trial: Trial
    folder: pathlib.Path
    status: Status
    problem: str = ""
    seconds: float = 0.0
    memory: int | None = None


def job_of(name: str) -> Job:
    """The function of a job.

    Raises:
      ImportError, AttributeError: there is no such function.
    """
    module, _, function = JOBS.get(name, name).partition(":")
    return getattr(importlib.import_module(module), function)
