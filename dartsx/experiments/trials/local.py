"""Runs trials in processes of this machine, one for each slot, while memory allows."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

from dartsx.experiments.trials import handover, memory
from dartsx.experiments.trials.devices import Slot
from dartsx.experiments.trials.trial import Result, Trial

_TICK = 0.1  # seconds between two looks at the processes


@dataclasses.dataclass
class _Process:
    trial: Trial
    slot: Slot
    started: float
    process: subprocess.Popen
    log: BinaryIO
    died: int = 0
    held: int = 0
    peak: int = 0


class Local:
    """An `Executor` with a process for every trial, which ends with this one, in whatever way that ends."""

    def __init__(self, root: pathlib.Path, slots: Sequence[Slot], need: int | None = None, retries: int = 1):
        """Starts nothing.

        Args:
          root: folder of the trials' folders.
          slots: what each of those that run at once gets.
          need: bytes that a trial comes to hold; None for the most that one of this sweep was seen to hold.
          retries: how often a trial whose process dies is gone on with.
        """
        self.root, self.free, self.need, self.retries = root.absolute(), list(slots), need, retries
        self._processes: dict[str, _Process] = {}
        self._most, self._stopping = 0, False

    @property
    def running(self) -> dict[str, Trial]:
        """See `Executor`."""
        return {name: run.trial for name, run in self._processes.items()}

    def room(self) -> bool:
        """A free slot, and memory: one trial runs in any case."""
        need = self.need or self._most or memory.GUESS
        held = {name: run.held for name, run in self._processes.items()}
        return bool(self.free) and (not held or memory.fits(memory.available(), need, held))

    def start(self, trial: Trial) -> None:
        """See `Executor`."""
        handover.hand_over(self.root, trial)
        slot = self.free.pop(0)
        log = open(handover.log_of(self.root, trial.name), "ab")  # noqa: SIM115 (closed when the process has ended)
        self._processes[trial.name] = _Process(trial, slot, time.monotonic(), self._launch(trial, slot, log), log)

    def wait(self, seconds: float) -> Sequence[Result]:
        """See `Executor`."""
        until = time.monotonic() + seconds
        while not (ended := self._ended()) and self._processes and time.monotonic() < until:
            time.sleep(_TICK)
        return ended

    def stop(self) -> None:
        """See `Executor`."""
        self._stopping = True
        for run in self._processes.values():
            run.process.send_signal(signal.SIGTERM)

    def __enter__(self) -> Local:
        return self

    def __exit__(self, *_: Any) -> None:
        for run in self._processes.values():
            run.process.kill()
            run.process.wait()

    def _launch(self, trial: Trial, slot: Slot, log: BinaryIO) -> subprocess.Popen:
        process = subprocess.Popen(
            [*handover.command(self.root, trial.name), "--attached"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | slot.environment,
            start_new_session=True,  # ctrl-C reaches this process alone, which passes it on
        )
        if hasattr(os, "sched_setaffinity"):
            with contextlib.suppress(OSError):  # it has ended already, which is found out elsewhere
                os.sched_setaffinity(process.pid, slot.cores)
        return process

    def _ended(self) -> list[Result]:
        for run in self._processes.values():
            run.held = memory.resident(run.process.pid)
            run.peak = max(run.peak, run.held)
            self._most = max(self._most, run.peak)
        gone = [run for run in self._processes.values() if run.process.poll() is not None]
        return [result for run in gone if (result := self._result(run)) is not None]

    def _result(self, run: _Process) -> Result | None:
        """What became of a trial; None if its process died and it goes on in another."""
        run.process.stdin.close()
        found = handover.handed_back(self.root, run.trial)
        if found is None and not self._stopping and run.died < self.retries:
            run.died += 1
            run.process = self._launch(run.trial, run.slot, run.log)
            return None
        run.log.close()
        self.free.append(run.slot)
        del self._processes[run.trial.name]
        seconds = time.monotonic() - run.started
        if found is not None:
            return found._replace(seconds=seconds, memory=run.peak)
        status, problem = ("stopped", "") if self._stopping else ("failed", self._death(run))
        return Result(run.trial, self.root / run.trial.name, status, problem, seconds, run.peak)

    def _death(self, run: _Process) -> str:
        code = run.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        return f"its process ended by {how}, {run.died + 1} time(s); see {handover.log_of(self.root, run.trial.name)}"
