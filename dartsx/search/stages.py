"""Searches of several stages: every one is a search of its own, deeper or with fewer candidates than the one before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from dartsx.runtime import put_replicated
from dartsx.search.method import Method, Stage, Task
from dartsx.search.methods.p_darts import Kept, narrowed, strongest, with_skip_dropout
from dartsx.search.plan import Plan, search_problem
from dartsx.search.search import Folder, Search, SearchResult, on_host
from dartsx.search.state import SearchState
from dartsx.spaces import Space


def run_stages(
    first: Search,
    folder: Folder,
    title: str = "search",
    after: Callable[[Search, SearchResult], None] = lambda search, result: None,
) -> SearchResult | None:
    """Runs or resumes a search with all its stages, which may be none.

    Args:
      first: the search as its plan says; every stage is one like it with another plan.
      folder: folder of the whole search, which its last stage uses itself; the others have folders in it,
        ``stage1`` and so on.
      title: title shown to readers.
      after: told every stage but the last, and what it has found.

    Returns:
      What the last stage has found; None if a signal stopped one.
    """
    stages = first.problem.method.stages
    if not stages:
        return first.run(folder, title)
    kept, state, seconds = _everything(first.plan.space), None, 0.0
    for number, stage in enumerate(stages[:-1], 1):
        search = _search_of(first, stage, kept, state)
        with folder.part(f"stage{number}", stage=number) as part:
            done = _finished(search, part) if part.finished else search.run(part, title, seconds)
        if done is None:
            return None
        after(search, done)
        state, seconds = done.state, done.seconds
        if stage.keep is not None:
            strengths = search.problem.method.strength(on_host(state.alpha))
            kept = strongest(first.plan.space, strengths, kept, stage.keep)
        state = state if stages[number].goes_on else None
    return _search_of(first, stages[-1], kept, state).run(folder, title, seconds)


def check_stages(plan: Plan, steps: int, image_shape: Sequence[int]) -> None:
    """Makes the problem of a search and those of all its stages, so that what does not fit is named before any runs.

    Nothing is compiled. Arguments are those of `search_problem`.

    Raises:
      PlanError: an argument of the plan does not fit the others or the images.
    """
    for stage in search_problem(plan, steps, image_shape).method.stages:
        search_problem(plan_of(plan, stage, _everything(plan.space)), steps, image_shape)


def plan_of(plan: Plan, stage: Stage, kept: Kept) -> Plan:
    """The plan of a stage, with the candidates that the stages before have kept."""

    def change(method: Method, task: Task) -> Method:
        method = with_skip_dropout(narrowed(plan.change(method, task), kept), task, stage.dropout)
        channels = stage.partial_channels or method.partial_channels
        select = None if stage.keep else method.select  # only after the last stage
        method = dataclasses.replace(method, partial_channels=channels, select=select)
        return stage.change(method) if stage.change else method

    return dataclasses.replace(plan, change=change, layers=plan.layers + stage.extra_layers)


def _search_of(first: Search, stage: Stage, kept: Kept, before: SearchState | None) -> Search:
    if before is not None and stage.begin:
        before = stage.begin(first.problem, before)
    return dataclasses.replace(first, plan=plan_of(first.plan, stage, kept), until=stage.until, before=before)


def _everything(space: Space) -> Kept:
    return {name: np.ones(shape, bool) for name, shape in space.alpha_shapes.items()}


def _finished(search: Search, part: Folder) -> SearchResult:
    """What a stage that was finished before has found."""
    with part.checkpointer(search.plan.keep_checkpoints) as checkpoints:
        state = checkpoints.restore_latest(put_replicated(search.init(), search.mesh)).state
    return SearchResult(search.derive(state), {}, part.read_json("result.json")["seconds"], state)
