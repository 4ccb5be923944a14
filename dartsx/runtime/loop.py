"""The loop around a compiled step: chunks of steps, epochs, logs, checkpoints, clean stops.

Search and retraining share it.

A chunk of steps is one compiled `lax.scan`; the host hands in what each step reads (indices of examples that already
lie on the device, or batches from a stream) and gets one metric per step back. All that decides the result is in the
state and in (epoch, position), so a run that is killed and started again goes on from its newest checkpoint and
ends as if nothing had happened.
"""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from dartsx.progress import Progress
from dartsx.runtime.cache import CompileTimer
from dartsx.runtime.clock import Clock
from dartsx.runtime.compiling import jit
from dartsx.runtime.durations import last_duration, program_key, remember_duration
from dartsx.runtime.guard import Guard, StopAtNonFinite
from dartsx.runtime.metrics import MetricsWriter
from dartsx.runtime.signals import StopRequest
from dartsx.runtime.tracing import collector_paused
from dartsx.runtime.unrecorded import Unrecorded
from dartsx.runtime.workdir import Workdir

Metrics = Mapping[str, Mapping[str, Any]]  # split -> name -> value: a scalar, or one per member of a population


@dataclasses.dataclass(frozen=True)
class Loop:
    """What is repeated, and how often.

    Attributes:
      title: title shown to readers, such as ``"search digits"``.
      epochs: epochs to run.
      steps_per_epoch: steps of one epoch.
      chunk_steps: most steps of one compiled call; see `chunk_length`.
      step: pure (state, arrays, row) -> (state, metrics); `state` has a field ``step``.
      arrays: what every step may read, on the device.
      rows: (epoch, first, count) -> what these steps read, every leaf with a leading axis of `count`.
      after_epoch: (state, epochs done, writer) -> further metrics of the epoch, by split.
      between: (state, epochs done) -> the state to go on with, once the epoch is logged; timed with the steps.
      ended: state -> whether it is the last one before its time; then the epochs left are not run.
      checkpoint_every: epochs between checkpoints.
      keep: checkpoints kept.
      guard: what is done about NaN and infinity.
      clock: seconds in steps and in `between`, those before an interruption included; who makes the loop may add what
        else counts, such as parts of `after_epoch`.
      writer: makes the logs of a work directory's folder, or of a run that has none (None).
    """

    title: str
    epochs: int
    steps_per_epoch: int
    chunk_steps: int
    step: Callable[[Any, Any, Any], tuple[Any, Metrics]]
    arrays: Any
    rows: Callable[[int, int, int], Any]
    after_epoch: Callable[[Any, int, MetricsWriter], Metrics]
    between: Callable[[Any, int], Any] = lambda state, epochs_done: state
    ended: Callable[[Any], bool] = lambda state: False
    checkpoint_every: int = 1
    keep: int = 3
    guard: Guard = StopAtNonFinite()
    clock: Clock = dataclasses.field(default_factory=Clock)
    writer: Callable[[pathlib.Path | None], MetricsWriter] = MetricsWriter


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a loop ended: the state, whether all epochs were done, and the seconds of its clock."""

    state: Any
    finished: bool
    seconds: float
    compile_seconds: float


def chunk_length(steps_per_epoch: int, most: int) -> int:
    """Steps of one compiled call.

    The largest divisor of `steps_per_epoch` up to `most`, so that one program serves all chunks; where that is
    less than half of `most` (a prime number of steps, say) it is `most`, and the epoch's shorter last chunk is a
    second program.
    """
    most = min(most, steps_per_epoch)
    divisor = next(n for n in range(most, 0, -1) if steps_per_epoch % n == 0)
    return divisor if 2 * divisor >= most else most


def run_loop(loop: Loop, state: Any, workdir: Workdir | Unrecorded) -> Outcome:
    """Runs all epochs from the newest checkpoint of the work directory, or from `state` if there is none.

    Raises:
      NonFiniteError: a loss or the state became NaN or infinite (unless the loop's guard is more lenient); the last
        checkpoint is kept.
    """
    with (
        StopRequest() as stop,
        workdir.checkpointer(loop.keep) as checkpoints,
        loop.writer(workdir.path) as writer,
    ):
        runner = _Runner(loop, workdir, stop, checkpoints, writer)
        state = runner.restore(state)
        step = int(state.step)
        with Progress(
            loop.epochs, loop.steps_per_epoch, loop.title, start_step=step, enabled=workdir.primary
        ) as progress:
            return runner.run(state, progress)


class _Runner:
    """One run of a loop: the host's bookkeeping between compiled chunks."""

    def __init__(self, loop, workdir, stop, checkpoints, writer):
        self.loop, self.workdir, self.stop = loop, workdir, stop
        self.checkpoints, self.writer = checkpoints, writer
        self.chunk = chunk_length(loop.steps_per_epoch, loop.chunk_steps)
        self.compiled: dict[int, Any] = {}  # by number of steps
        self.compile_seconds = 0.0
        self.epoch_seconds = 0.0  # of its steps
        loop.clock.seconds = 0.0
        # Metrics of the steps of the present epoch: split -> name -> one value (or one per member) per step.
        self.partial: dict[str, dict[str, list[Any]]] = {}

    def restore(self, state: Any) -> Any:
        """State of the newest checkpoint, with logs cut back to it."""
        restored = self.checkpoints.restore_latest(state)
        if restored is None:
            if self.workdir.resumed:
                self.writer.resume(-1, -1)
            return state
        step, state, metadata = restored
        self.partial = metadata["partial"]
        self.loop.clock.seconds, self.epoch_seconds = metadata["seconds"], metadata["epoch_seconds"]
        self.writer.resume(step, metadata["epoch"])
        return state

    def run(self, state: Any, progress: Progress) -> Outcome:
        """All epochs that are left."""
        loop, step = self.loop, int(state.step)
        for epoch in range(step // loop.steps_per_epoch, loop.epochs):
            if self.workdir.pause_after is not None and epoch >= self.workdir.pause_after:
                return self._stop(state, step, epoch, f"paused after epoch {epoch} of {loop.epochs}", progress)
            if loop.ended(state):
                progress.note(f"ended by the method's rule after epoch {epoch} of {loop.epochs}")
                break
            first = step % loop.steps_per_epoch if self.partial else 0
            for position in range(first, loop.steps_per_epoch, self.chunk):
                count = min(self.chunk, loop.steps_per_epoch - position)
                state, step = self._chunk(state, epoch, position, count, progress)
                if position + count < loop.steps_per_epoch and self.stop.agreed():
                    return self._stop(state, step, epoch, self._asked(step), progress)
            state = self._finish_epoch(state, step, epoch + 1, progress)
            if epoch + 1 < loop.epochs and self.stop.agreed():
                return self._stop(state, step, epoch + 1, self._asked(step), progress)
        if not loop.epochs:
            self._save(state, step, 0)  # what it began with is what there is
        self.checkpoints.wait()
        return Outcome(state, True, loop.clock.seconds, self.compile_seconds)

    def _chunk(self, state, epoch, position, count, progress) -> tuple[Any, int]:
        rows = self.loop.rows(epoch, position, count)
        if count not in self.compiled:
            self._compile(state, rows, count, progress)
        before = self.loop.clock.seconds
        with self.loop.clock:
            state, metrics = self.compiled[count](state, self.loop.arrays, rows)
            metrics = jax.tree.map(np.asarray, metrics)
        self.epoch_seconds += self.loop.clock.seconds - before
        step = epoch * self.loop.steps_per_epoch + position + count
        state = self.loop.guard.after_chunk(state, metrics, step - count)
        for split, values in metrics.items():
            kept = self.partial.setdefault(split, {})
            for name, value in values.items():
                kept.setdefault(name, []).extend(value.astype(float).tolist())
        shown = {f"{split}_loss": _shown(values["loss"][-1]) for split, values in metrics.items()}
        progress.update(step, **shown)
        return state, step

    def _compile(self, state, rows, count, progress) -> None:
        def chunk(state, arrays, rows):
            return jax.lax.scan(lambda s, row: self.loop.step(s, arrays, row), state, rows)

        key, started = program_key(self.loop.title, (state, self.loop.arrays, rows)), time.monotonic()
        with progress.compiling(f"{count} steps", last_duration(key)), CompileTimer() as timer, collector_paused():
            jitted = jit(chunk, donate_argnums=0)
            self.compiled[count] = jitted.lower(state, self.loop.arrays, rows).compile()
        if self.workdir.primary:
            remember_duration(key, time.monotonic() - started)
        self.compile_seconds += timer.seconds
        self.workdir.update_run(compile_seconds=round(self.compile_seconds, 3))

    def _finish_epoch(self, state, step, epochs_done, progress) -> Any:
        """Logs first, then the checkpoint: a checkpoint never knows of records that were not written."""
        state = self.loop.guard.before_checkpoint(state, step)
        means = {
            split: {name: np.mean(v, 0).tolist() for name, v in values.items()}
            for split, values in self.partial.items()
        }
        self.partial = {}
        progress.busy("measuring")
        extra = self.loop.after_epoch(state, epochs_done, self.writer)
        shown = {}
        for split, values in (means | dict(extra)).items():
            self.writer.scalars(step, epochs_done, split, **values)
            wanted = ("loss", "accuracy", "miou", "alpha_entropy")
            shown |= {f"{split}_{k}".replace("valid_alpha", "alpha"): _shown(values[k]) for k in wanted if k in values}
        rate = progress.steps_per_second
        self.writer.timing(step, epochs_done, seconds=self.epoch_seconds, steps_per_second=rate)
        self.epoch_seconds = 0.0
        progress.epoch(epochs_done, **shown)
        with self.loop.clock:
            state = self.loop.between(state, epochs_done)
        last = epochs_done == self.loop.epochs or self.loop.ended(state)
        if last or epochs_done % self.loop.checkpoint_every == 0:
            self._save(state, step, epochs_done)
        return state

    def _asked(self, step) -> str:
        return f"stopped by {self.stop.signal_name} after step {step}; the same command resumes"

    def _stop(self, state, step, epoch, why, progress) -> Outcome:
        state = self.loop.guard.before_checkpoint(state, step)
        self._save(state, step, epoch)
        self.checkpoints.wait()
        progress.note(why)
        return Outcome(state, False, self.loop.clock.seconds, self.compile_seconds)

    def _save(self, state, step, epochs_done) -> None:
        metadata = {
            "epoch": epochs_done,
            "partial": self.partial,
            "seconds": self.loop.clock.seconds,
            "epoch_seconds": self.epoch_seconds,
        }
        self.checkpoints.save(step, state, metadata)


def _shown(value: Any) -> float:
    """A figure for people: of a population the mean over the members that are finite."""
    values = np.atleast_1d(value)
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
