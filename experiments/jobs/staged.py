"""Searches of several stages: all but the last in folders of the work directory, the last in it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Callable

import numpy as np

from dartsx.runtime import Checkpointer, put_replicated
from dartsx.search import SearchState
from dartsx.search.method import Stage
from dartsx.search.methods.p_darts import Kept, narrowed, strongest, with_skip_dropout


def last_stage(first, workdir: pathlib.Path, run: Callable[..., bool]):
    """Runs or resumes all stages but the last.

    Args:
      first: `SearchJob` of the settings; every stage is one like it, deeper and with fewer candidates.
      workdir: of the whole search, which its last stage uses itself.
      run: (job, folder, number of the stage) -> whether it is finished.

    Returns:
      The last stage's job; None if an earlier one was stopped.
    """
    stages, seconds, state = first.problem.method.stages, 0.0, None
    kept = {name: np.ones(shape, bool) for name, shape in first.settings.space.alpha_shapes.items()}
    for number, stage in enumerate(stages[:-1], 1):
        folder = workdir / f"stage{number}"
        job = first.like(stage, _change(stage, kept), seconds, state)
        if not run(job, folder, number):
            return None
        strengths = job.problem.method.strength(_last_alphas(folder))
        kept = strongest(first.settings.space, strengths, kept, stage.keep)
        seconds = json.loads((folder / "result.json").read_text())["seconds"]
        state = _last_state(job, folder) if stages[number].goes_on else None
    return first.like(stages[-1], _change(stages[-1], kept), seconds, state)


def _change(stage: Stage, kept: Kept):
    def change(method, task):
        method = with_skip_dropout(narrowed(method, kept), task, stage.dropout)
        channels = stage.partial_channels or method.partial_channels
        select = None if stage.keep else method.select  # only after the last stage
        return dataclasses.replace(method, partial_channels=channels, select=select)

    return change


def _last_state(job, folder: pathlib.Path) -> SearchState:
    with Checkpointer(folder / "checkpoints") as checkpoints:
        return checkpoints.restore_latest(put_replicated(job.init(), job.mesh)).state


def _last_alphas(folder: pathlib.Path) -> dict[str, np.ndarray]:
    last = json.loads((folder / "alphas.jsonl").read_text().splitlines()[-1])
    return {name: np.array(rows) for name, rows in last.items() if name != "epoch"}
