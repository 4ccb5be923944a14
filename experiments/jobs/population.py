"""Searches of several seeds in one program, each with a work directory as its solo search would leave it.

The folder of a population holds the checkpoints, config.json, run.json and timing.jsonl of the whole; ``member0``,
``member1``, ... in it are regular work directories of searches with seed, seed + 1, ... (no checkpoints of their own).
On a CPU the members are shared by as many emulated devices as there are cores, see `dartsx.runtime.split_cpu`.
Seconds and device days of a member are its equal share of what all took together.

A member's own scalars (learning rate of the alphas, ...) are traced: inside the compiled step the settings hold the
member's value in place of the shared one, and all that is made of them (optimisers, method) computes with it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from dartsx.data import Dataset, padded_batches
from dartsx.runtime import (
    Loop,
    MemberLogs,
    NonFiniteError,
    Outcome,
    Workdir,
    jit,
    open_workdir,
    put_batch,
    put_replicated,
    replicated,
    run_loop,
    run_once,
)
from dartsx.search import (
    GoOnWithSound,
    PopulationState,
    SearchProblem,
    init_state,
    make_population_step,
    over_members,
    predict,
    take_member,
)
from experiments.jobs import feed
from experiments.jobs.search import SearchJob, run_one_search, search_problem, search_step
from experiments.jobs.setup import MAY_DIFFER, finished_before, load_checked, resolved, start
from experiments.settings import SearchSettings, member_config, member_settings, search_settings, with_values


def run_search(config: ConfigDict, workdir: str | os.PathLike) -> bool:
    """Runs or resumes a search, or with ``config.population`` above 1 searches of as many seeds at once.

    Args:
      config: from ``configs/``.
      workdir: where everything is written; see the README and this module.

    Returns:
      Whether all is finished (False: stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data or the devices.
      WorkdirError: the folder holds another run.
      NonFiniteError: no member is left whose losses are finite.
    """
    settings = search_settings(config)
    if settings.population == 1:
        return run_one_search(config, workdir)
    mesh = start(settings)
    job = PopulationJob(settings, load_checked(settings), mesh)
    plain = resolved(config, ("evaluate", "genotype", "network"))
    run = job.run_record(0) | {"population": settings.population}
    with open_workdir(workdir, plain, "population", run=run, may_differ=MAY_DIFFER) as folder:
        return finished_before(folder) or job.run(folder, plain)


def searches_in(workdir: str | os.PathLike) -> list[pathlib.Path]:
    """Work directories of the finished searches of a `run_search`: the folder itself, or those of its members."""
    folder = pathlib.Path(workdir)
    found = [folder, *sorted(folder.glob("member*"), key=lambda path: (len(path.name), path.name))]
    return [path for path in found if (path / "genotype.json").is_file()]


class PopulationJob:
    """The parts of a population: a `SearchJob` per member, and the program that all share."""

    def __init__(self, settings: SearchSettings, dataset: Dataset, mesh: jax.sharding.Mesh):
        self.settings, self.dataset, self.mesh = settings, dataset, mesh
        self.arrays = feed.to_device(dataset.train, mesh)
        first = SearchJob(member_settings(settings, 0), dataset, mesh, self.arrays)
        # What members have of their own is no part of a diagnosis: one program serves all.
        further = functools.partial(SearchJob, arrays=self.arrays, diagnosis=first.diagnosis)
        others = [further(member_settings(settings, i), dataset, mesh) for i in range(1, settings.population)]
        self.members = [first, *others]
        self.folders: list[Workdir] = []
        everywhere = replicated(mesh)
        self._member = jit(take_member, out_shardings=everywhere)
        self._everywhere = jit(lambda tree: tree, out_shardings=everywhere)

    def run(self, folder: Workdir, config: dict[str, Any]) -> bool:
        """All steps that are left, and the members' results; False if a signal came before the end."""
        with contextlib.ExitStack() as stack:
            self.folders = [stack.enter_context(self._open_member(folder, config, i)) for i in self._numbers]
            outcome = run_loop(self.loop(), self.init(), folder)
            sound = self._sound(outcome.state)
            if outcome.finished:
                self._finish(outcome, sound)
            failed = [i for i in self._numbers if i not in sound]
            status = "finished" if outcome.finished else "stopped"
            for i in self._numbers:
                self.folders[i].update_run(status="failed" if i in failed else status)
            folder.update_run(status=status, failed=[f"member{i}" for i in failed])
        return outcome.finished

    def init(self) -> PopulationState:
        """The state before the first step."""
        keys = jax.vmap(jax.random.key)(jnp.array([job.settings.seed for job in self.members], jnp.uint32))
        values = {name: np.array(of_members, np.float32) for name, of_members in self.settings.varied.items()}
        shape, chunk = self.dataset.image_shape, 1

        def init(member, _):
            return init_state(self._problem(member["values"]), member["key"], shape)

        given = put_batch({"key": keys, "values": values}, self.mesh)
        members = run_once(lambda given: over_members(init, self.mesh, chunk)(given, ()), given)
        step, failed = put_replicated((np.int32(0), np.zeros(len(self.members), np.int32)), self.mesh)
        return PopulationState(step, members, given["values"], failed)

    def loop(self) -> Loop:
        """The loop over all steps."""
        group, first = self.settings.search, self.members[0]

        def member_step(values, state, arrays, row):
            return search_step(self.settings, self._problem(values), self.dataset, None)(state, arrays, row)

        return Loop(
            title=f"search {self.settings.dataset.name}, {len(self.members)} members",
            epochs=first.epochs,
            steps_per_epoch=first.steps,
            chunk_steps=group.chunk_steps,
            step=make_population_step(member_step, self.mesh, self.settings.population_chunk),
            arrays=self.arrays,
            rows=self._rows,
            after_epoch=self._after_epoch,
            checkpoint_every=group.checkpoint_every,
            keep=group.keep_checkpoints,
            guard=GoOnWithSound(self.mesh, self._report_failed),
            writer=lambda path: MemberLogs(path, [folder.path for folder in self.folders]),
        )

    def run_record(self, member: int) -> dict[str, Any]:
        """Fields of run.json."""
        job = self.members[member]
        return {"seed": job.settings.seed, "dataset": self.dataset.label, "method": job.problem.method.name}

    @property
    def _numbers(self) -> range:
        return range(len(self.members))

    def _open_member(self, folder: Workdir, config: dict[str, Any], member: int) -> Workdir:
        own = member_config(config, self.settings, member)
        run = self.run_record(member) | {"population": {"members": len(self.members), "member": member}}
        return open_workdir(folder.path / f"member{member}", own, "search", run=run, may_differ=MAY_DIFFER)

    def _problem(self, values: dict[str, Any]) -> SearchProblem:
        settings = with_values(self.settings, values)
        return search_problem(settings, self.dataset.num_classes, self.members[0].full_epoch, self.dataset.image_shape)

    def _rows(self, epoch: int, first: int, count: int):
        """As `SearchJob.rows`, int32 [count, members, batch], split over the devices by members."""
        rows = [job.rows(epoch, first, count) for job in self.members]
        return put_batch(jax.tree.map(lambda *of_members: np.stack(of_members, 1), *rows), self.mesh, axis=1)

    def _after_epoch(self, state: PopulationState, epochs_done: int, writer: MemberLogs) -> dict:
        every = self.settings.search.diagnosis.every
        whole = bool(every) and epochs_done % every == 0
        figures: dict[str, np.ndarray] = {}
        for i in self._sound(state):
            member = self._member(state.members, i) if whole else self._alpha_of(state, i)
            further = self.members[i].after_epoch(member, epochs_done, writer.members[i])
            for name, value in further["diagnosis"].items():
                figures.setdefault(name, np.full(len(self.members), np.nan))[i] = value
        return {"diagnosis": figures} if figures else {}

    def _alpha_of(self, state: PopulationState, member: int):
        return self._member(state.members._replace(params=(), batch_stats=(), weight_opt=()), member)

    def _sound(self, state: PopulationState) -> list[int]:
        return np.flatnonzero(np.asarray(state.failed) == 0).tolist()

    def _report_failed(self, member: int, error: NonFiniteError) -> None:
        folder = self.folders[member]
        folder.update_run(status="failed", error=str(error))
        if folder.primary:
            print(f"member{member} (seed {self.members[member].settings.seed}) failed, the others go on: {error}")

    def _finish(self, outcome: Outcome, sound: list[int]) -> None:
        """Writes the results of the sound members."""
        found = self._validate(outcome.state)
        share = outcome.seconds / len(self.members)
        for i in sound:
            self.members[i].write_result(self.folders[i], self._alpha_of(outcome.state, i), found[i], share)

    def _validate(self, state: PopulationState) -> list[dict[str, float]]:
        """Loss and accuracy of every member on its own validation half."""

        def predict_member(member, images):
            return predict(self._problem(member["values"]), member["state"], images)

        sums = feed.example_sums(predict_member, self.dataset, self.settings.dtype)
        size = len(self.members[0].valid)
        positions, mask = padded_batches(size, self.settings.search.batch_size)
        indices = put_batch(np.stack([job.valid[positions] for job in self.members]), self.mesh)
        of_members = over_members(
            lambda member, shared: sums(member, shared["arrays"], member["indices"], shared["mask"]), self.mesh, 1
        )
        members = {"state": state.members, "values": state.values, "indices": indices}
        shared = {"arrays": self.arrays, "mask": put_replicated(mask, self.mesh)}
        losses, correct = map(np.asarray, self._everywhere(jit(of_members)(members, shared)))
        return [{"loss": float(losses[i]) / size, "accuracy": int(correct[i]) / size} for i in self._numbers]
