"""Runs trials as an array of jobs of Slurm: a script that can be printed, handed to sbatch, and waited for.

The folder has to lie on storage that all nodes share, under the same path. A job that is asked to leave saves; Slurm
starts those that it preempts again, and they go on from their checkpoints.
"""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from dartsx.experiments.trials import handover
from dartsx.experiments.trials.executor import ExecutorError
from dartsx.experiments.trials.resources import Resources
from dartsx.experiments.trials.trial import Result, Trial
from dartsx.runtime import read_json, write_json

_TICK = 2.0  # seconds between two looks at the results
_QUEUE_EVERY = 30.0  # seconds between two questions to the scheduler
_NOTICE = 120  # seconds before the limit at which a job is asked to save and leave


class OnSlurm:
    """An `Executor` by sbatch. All trials that are started before the next `wait` are one array."""

    def __init__(self, root: pathlib.Path, resources: Resources):
        """Submits nothing."""
        self.root, self._resources = root.absolute(), resources
        self.running: dict[str, Trial] = {}
        self._new: list[Trial] = []
        self._jobs: dict[str, str] = {}  # trial -> its job
        self._asked, self._stopping = 0.0, False

    def room(self) -> bool:
        """Slurm has a queue of its own."""
        return True

    def start(self, trial: Trial) -> None:
        """See `Executor`; a trial whose job an earlier sweep has submitted is only waited for."""
        self.running[trial.name] = trial
        if not self._submitted(trial):
            handover.hand_over(self.root, trial)
            self._new.append(trial)

    def wait(self, seconds: float) -> Sequence[Result]:
        """See `Executor`."""
        if self._new:
            self._submit()
        until = time.monotonic() + seconds
        while not (ended := self._ended()) and time.monotonic() < until:
            time.sleep(min(_TICK, seconds))
        return ended

    def stop(self) -> None:
        """See `Executor`."""
        self._stopping = True
        for job in (self._jobs[name] for name in self.running):
            _ask("scancel", "--state=PENDING", job)
            _ask("scancel", "--batch", "--signal=TERM", job)

    def __enter__(self) -> OnSlurm:
        if shutil.which("sbatch") is None:
            raise ExecutorError("--executor=slurm: there is no sbatch here; --dry_run prints the script")
        if self._noted.is_file():
            self._jobs = read_json(self._noted)
        return self

    def __exit__(self, *_: Any) -> None:
        """Jobs that are queued stay with Slurm; the same command takes their results up."""

    @property
    def _noted(self) -> pathlib.Path:
        return handover.folder_of(self.root) / "slurm.json"

    def _submitted(self, trial: Trial) -> bool:
        """Whether a job of this very trial is queued or running, or has brought it to its end."""
        if trial.name not in self._jobs or not handover.is_handed_over(self.root, trial):
            return False
        done = handover.handed_back(self.root, trial)
        return done.status in ("finished", "paused") if done else self._jobs[trial.name] in _queued()

    def _submit(self) -> None:
        names = [trial.name for trial in self._new]
        path = handover.folder_of(self.root) / f"array-{names[0]}.sh"
        path.write_text(script(self.root, names, self._resources), encoding="utf-8")
        job = _ask("sbatch", "--parsable", str(path)).split(";")[0].strip()
        self._jobs |= {name: f"{job}_{index}" for index, name in enumerate(names)}
        write_json(self._noted, self._jobs)
        self._new, self._asked = [], time.monotonic()

    def _ended(self) -> list[Result]:
        found = [handover.handed_back(self.root, trial) for trial in self.running.values()]
        ended = [result for result in found if result is not None]
        if not ended and time.monotonic() > self._asked + _QUEUE_EVERY:
            self._asked = time.monotonic()
            ended = self._lost()
        for result in ended:
            del self.running[result.trial.name]
        return ended

    def _lost(self) -> list[Result]:
        """Trials whose job is no longer queued and left no result."""
        queued = _queued()
        gone = [trial for name, trial in self.running.items() if self._jobs[name] not in queued]
        told = [(trial, handover.handed_back(self.root, trial)) for trial in gone]  # after the question
        status, problem = ("stopped", "") if self._stopping else ("failed", "its job of Slurm left no result; see ")
        return [
            result
            or Result(
                trial, self.root / trial.name, status, problem and f"{problem}{handover.log_of(self.root, trial.name)}"
            )
            for trial, result in told
        ]


def _queued() -> set[str]:
    """This user's jobs that wait or run."""
    return set(_ask("squeue", "--me", "--array", "--noheader", "--format=%i").split())


def script(root: pathlib.Path, names: Sequence[str], resources: Resources) -> str:
    """The script of an array of trials that were handed over."""
    lines = ["#!/bin/bash", "#SBATCH --job-name=dartsx", f"#SBATCH --array=0-{len(names) - 1}"]
    lines += [f"#SBATCH --cpus-per-task={max(round(resources.cpus), 1)}"]
    lines += [f"#SBATCH --gpus-per-task={round(resources.gpus)}", "#SBATCH --ntasks=1"] if resources.gpus else []
    lines += [f"#SBATCH --mem={resources.memory // 2**20}M"] if resources.memory else []
    lines += ["#SBATCH --requeue", "#SBATCH --open-mode=append", f"#SBATCH --signal=B:TERM@{_NOTICE}"]
    lines += ["#SBATCH --output=/dev/null", *(f"#SBATCH {option}" for option in resources.options)]
    run = handover.command(root, "PLACE")
    start = " ".join('"$name"' if part == "PLACE" else shlex.quote(part) for part in run)
    folder = shlex.quote(str(handover.folder_of(root)))
    lines += [
        f"names=({' '.join(map(shlex.quote, names))})",
        'name="${names[$SLURM_ARRAY_TASK_ID]}"',
        f"cd {shlex.quote(os.getcwd())}",
        f'exec {start} >> {folder}/"$name".log 2>&1  # the signal reaches Python itself',
    ]
    return "\n".join(lines) + "\n"


def _ask(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise ExecutorError(f"--executor=slurm: {command[0]} failed: {said.strip()}") from None
