"""What a run writes down as it goes: JSON Lines for programs, TensorBoard events for people."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jax

from dartsx.runtime.jsonl import JsonLines, truncate_after

# Each log, and the field it is counted by.
LOGS = {
    "metrics": "step",
    "timing": "step",
    "genotypes": "epoch",
    "alphas": "epoch",
    "strengths": "epoch",
    "trials": "epoch",
}


class MetricsWriter:
    """Writes metrics.jsonl, timing.jsonl, genotypes.jsonl, alphas.jsonl, strengths.jsonl, trials.jsonl
    and tensorboard/ of a workdir.

    All but timing.jsonl, which has the wall-clock figures, hold nothing but what follows from the
    config, so that two runs of the same config end with equal bytes. A file is made when its first
    record comes. Only process 0 writes; on others, and without a workdir, every call does nothing.

    To resume to the bit: write the records of a step, then save the checkpoint of that step; after
    restoring call ``resume`` with the restored step and epoch before writing anything.
    """

    def __init__(self, workdir: str | os.PathLike | None, *, primary: bool | None = None):
        self._workdir = pathlib.Path(workdir or "")
        self._primary = workdir is not None and (jax.process_index() == 0 if primary is None else primary)
        self._files: dict[str, JsonLines] = {}
        self._events: Any = None
        self._purge_step: int | None = None

    def resume(self, step: int, epoch: int) -> None:
        """Drops every record after this step or epoch, and unfinished lines; (-1, -1) drops all.

        TensorBoard hides the events of the dropped steps.

        Raises:
          RuntimeError: if something has been written already.
        """
        if self._files or self._events:
            raise RuntimeError("resume() must come before the first record")
        self._purge_step = step + 1
        if self._primary:
            for name, key in LOGS.items():
                truncate_after(self._path(name), key, step if key == "step" else epoch)

    def scalars(self, step: int, epoch: int, split: str, **values: Any) -> None:
        """Writes one record to metrics.jsonl and its numbers to TensorBoard as ``split/name``.

        Args:
          step: steps done so far.
          epoch: epochs done so far.
          split: ``"train"``, ``"valid"`` or ``"test"``.
          **values: scalars such as loss, accuracy (0 to 1), learning_rate.
        """
        record = {"step": int(step), "epoch": int(epoch), "split": split, **values}
        self._write("metrics", record, step, split, values)

    def timing(self, step: int, epoch: int, **values: Any) -> None:
        """Writes one record to timing.jsonl: seconds, steps_per_second and the like."""
        self._write("timing", {"step": int(step), "epoch": int(epoch), **values}, step, "timing", values)

    def genotype(self, epoch: int, genotype: Mapping[str, Any]) -> None:
        """Writes the genotype (its JSON form) of an epoch to genotypes.jsonl."""
        self._write("genotypes", {"epoch": int(epoch), "genotype": genotype})

    def alphas(self, epoch: int, alphas: Mapping[str, Any]) -> None:
        """Writes the alphas of an epoch to alphas.jsonl.

        Args:
          epoch: epochs done so far.
          alphas: logits by cell, such as ``{"normal": [edges, primitives], "reduce": ...}``.
        """
        self._write("alphas", {"epoch": int(epoch), **alphas})

    def strengths(self, epoch: int, strengths: Mapping[str, Any]) -> None:
        """Writes the weights by which an epoch's architecture is derived to strengths.jsonl.

        A line is ``{"epoch": 3, "normal": [[0.1, 0.7, ...], ...], "reduce": ...}``: by group of the
        space's alphas a row per edge or decision, a column per option, float64. They are what the
        search method makes of the alphas (softmax for most, sigmoids for FairDARTS, edge weights
        times softmax for PC-DARTS), without noise; an option that the method has dropped, or that
        a shorter row does not have, has 0. Rows need not sum to 1. What rows and columns stand for
        says ``decisions`` of run.json, by group and in order.

        Args:
          epoch: epochs done so far.
          strengths: rows by group.
        """
        self._write("strengths", {"epoch": int(epoch), **strengths})

    def trial(self, epoch: int, trial: Mapping[str, Any]) -> None:
        """Writes an architecture that a strategy asked for in an epoch, and its scores, to trials.jsonl."""
        self._write("trials", {"epoch": int(epoch), **trial})

    def close(self) -> None:
        """Closes all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        if self._events is not None:
            self._events.close()
            self._events = None

    def __enter__(self) -> "MetricsWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _path(self, name: str) -> pathlib.Path:
        return self._workdir / f"{name}.jsonl"

    def _write(
        self,
        name: str,
        record: Mapping[str, Any],
        step: int = 0,
        group: str = "",
        scalars: Mapping[str, Any] | None = None,
    ) -> None:
        if not self._primary:
            return
        if name not in self._files:
            self._files[name] = JsonLines(self._path(name))
        self._files[name].append(record)
        for key, value in (scalars or {}).items():
            if not isinstance(value, str):
                self._tensorboard().add_scalar(f"{group}/{key}", float(value), int(step))

    def _tensorboard(self) -> Any:
        if self._events is None:
            # Imported late: it costs a tenth of a second that other uses of this package can spare.
            from tensorboardX import SummaryWriter

            # The suffix keeps apart two writers of one second, whose files would have one name.
            self._events = SummaryWriter(
                str(self._workdir / "tensorboard"),
                purge_step=self._purge_step,
                flush_secs=10,
                filename_suffix=f".{os.getpid()}",
            )
        return self._events
