"""What executors run."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Literal, NamedTuple

from ml_collections import ConfigDict


class Trial(NamedTuple):
    """One run.

    Attributes:
      name: name of its folder.
      run: runs or resumes it in a folder; False if a signal stopped it.
      config: its settings.
    """

    name: str
    run: Callable[[ConfigDict, pathlib.Path], bool]
    config: ConfigDict


class Result(NamedTuple):
    """What became of a trial.

    Attributes:
      trial: the trial.
      folder: where it wrote.
      status: "stopped" if a signal ended it; it can be resumed.
      problem: kind and text of what it raised; empty unless it failed.
    """

    trial: Trial
    folder: pathlib.Path
    status: Literal["finished", "stopped", "failed"]
    problem: str = ""
