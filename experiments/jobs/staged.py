"""Searches of several stages (P-DARTS): all but the last in folders of the work directory, the last in it."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import numpy as np

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
    stages, seconds = first.problem.method.stages, 0.0
    kept = {name: np.ones(shape, bool) for name, shape in first.settings.space.alpha_shapes.items()}
    for number, stage in enumerate(stages[:-1], 1):
        folder = workdir / f"stage{number}"
        job = first.like(stage.extra_layers, _change(stage, kept), seconds)
        if not run(job, folder, number):
            return None
        strengths = job.problem.method.strength(_last_alphas(folder))
        kept = strongest(first.settings.space, strengths, kept, stage.keep)
        seconds = json.loads((folder / "result.json").read_text())["seconds"]
    return first.like(stages[-1].extra_layers, _change(stages[-1], kept), seconds)


def _change(stage, kept: Kept):
    return lambda method, task: with_skip_dropout(narrowed(method, kept), task, stage.dropout)


def _last_alphas(folder: pathlib.Path) -> dict[str, np.ndarray]:
    last = json.loads((folder / "alphas.jsonl").read_text().splitlines()[-1])
    return {name: np.array(rows) for name, rows in last.items() if name != "epoch"}
