"""Whole searches of several seeds in one program, see `population`.

Seconds of a member (see `SearchResult`) are its equal share of what all took together. A member's own numbers (learning
rate of the alphas, ...) are traced: inside the compiled step its plan holds them, and all that is made of them
(optimisers, method) computes with them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.data import padded_batches
from dartsx.feeds import Examples, example_sums, means
from dartsx.runtime import (
    Clock,
    Loop,
    MemberLogs,
    NonFiniteError,
    Unrecorded,
    jit,
    put_batch,
    put_replicated,
    replicated,
    run_loop,
    run_once,
)
from dartsx.search.plan import Plan, search_problem
from dartsx.search.population import GoOnWithSound, PopulationState, make_population_step, over_members, take_member
from dartsx.search.predict import outputs
from dartsx.search.search import Folder, Search, SearchResult, search_step
from dartsx.search.state import SearchProblem, init_state

PlanOf = Callable[[Mapping[str, Any]], Plan]


class Population:
    """A `Search` per member, and the program that all share."""

    def __init__(
        self,
        plan_of: PlanOf,
        examples: Examples,
        seeds: Sequence[int],
        mesh: jax.sharding.Mesh,
        varied: Mapping[str, Sequence[float]] | None = None,
        chunk: int | None = None,
    ):
        """Makes the searches.

        Args:
          plan_of: the numbers that a member has of its own, by name, which may be traced -> its plan.
          examples: the examples that all share.
          seeds: seeds of the members.
          mesh: its devices share the members evenly.
          varied: values by name, one for each member.
          chunk: members of one vmapped call; None for all that a device has.

        Raises:
          ValueError: the method has stages, an early stop or a selection, or compares architectures by the supernet,
            which only single searches can do.
        """
        self.plan_of, self.examples, self.mesh, self.chunk = plan_of, examples, mesh, chunk
        self.varied = dict(varied or {})
        plans = [plan_of({name: values[i] for name, values in self.varied.items()}) for i in range(len(seeds))]
        self.clock = Clock()
        first = Search(plans[0], examples, seeds[0], mesh, shared_clock=self.clock)
        method = first.problem.method
        if method.stages or method.stop or method.select or method.one_shot:
            raise ValueError(f"method {method.name!r} searches alone: between or after epochs it needs one supernet")
        # What members have of their own is no part of a diagnosis: one program serves all.
        shared = {"shared_diagnosis": first.diagnosis, "shared_clock": self.clock}
        further = functools.partial(Search, examples=examples, mesh=mesh, **shared)
        self.members = [first, *(further(plan, seed=seed) for plan, seed in zip(plans[1:], seeds[1:], strict=True))]
        self.folders: Sequence[Folder] = [Unrecorded()] * len(seeds)
        everywhere = replicated(mesh)
        self._member = jit(take_member, out_shardings=everywhere)
        self._everywhere = jit(lambda tree: tree, out_shardings=everywhere)

    def run(
        self, folder: Folder | None = None, folders: Sequence[Folder] | None = None, title: str = "search"
    ) -> list[SearchResult | None] | None:
        """Runs or resumes all steps that are left, and records the members' results.

        Args:
          folder: folder of the population, with its checkpoints; None keeps nothing.
          folders: folders of the members, with their logs and results.
          title: title shown to readers.

        Returns:
          What every member has found, None for those that failed; None if a signal came before the end.

        Raises:
          NonFiniteError: no member is left whose losses are finite.
        """
        folder, self.folders = folder or Unrecorded(), folders or self.folders
        outcome = run_loop(self.loop(title), self.init(), folder)
        sound = self._sound(outcome.state)
        found = self._finish(outcome.state, sound) if outcome.finished else None
        failed = [i for i in range(len(self.members)) if i not in sound]
        status = "finished" if outcome.finished else "stopped"
        for i, of_member in enumerate(self.folders):
            of_member.update_run(status="failed" if i in failed else status)
        folder.update_run(status=status, failed=[f"member{i}" for i in failed])
        return found

    def init(self) -> PopulationState:
        """The state before the first step."""
        keys = jax.vmap(jax.random.key)(jnp.array([member.seed for member in self.members], jnp.uint32))
        values = {name: np.array(of_members, np.float32) for name, of_members in self.varied.items()}
        shape = self.members[0].image_shape

        def init(member, _):
            return init_state(self._problem(member["values"]), member["key"], shape)

        given = put_batch({"key": keys, "values": values}, self.mesh)
        members = run_once(lambda given: over_members(init, self.mesh, 1)(given, ()), given)
        step, failed = put_replicated((np.int32(0), np.zeros(len(self.members), np.int32)), self.mesh)
        return PopulationState(step, members, given["values"], failed)

    def loop(self, title: str = "search") -> Loop:
        """The loop over all steps."""

        def member_step(values, state, arrays, row):
            return search_step(self._problem(values), self.examples, None)(state, arrays, row)

        first = self.members[0]
        return Loop(
            title=f"{title}, {len(self.members)} members",
            epochs=first.epochs,
            steps_per_epoch=first.steps,
            chunk_steps=first.plan.chunk_steps,
            step=make_population_step(member_step, self.mesh, self.chunk),
            arrays=self.examples.arrays,
            rows=self._rows,
            after_epoch=self._after_epoch,
            checkpoint_every=first.plan.checkpoint_every,
            keep=first.plan.keep_checkpoints,
            guard=GoOnWithSound(self.mesh, self._report_failed),
            clock=self.clock,
            writer=lambda path: MemberLogs(path, [folder.path for folder in self.folders]),
        )

    def _problem(self, values: Mapping[str, Any]) -> SearchProblem:
        first = self.members[0]
        return search_problem(self.plan_of(values), first.full_epoch, first.image_shape)

    def _rows(self, epoch: int, first: int, count: int):
        """As `Search.rows`, int32 [count, members, batch], split over the devices by members."""
        rows = [member.rows(epoch, first, count) for member in self.members]
        return put_batch(jax.tree.map(lambda *of_members: np.stack(of_members, 1), *rows), self.mesh, axis=1)

    def _after_epoch(self, state: PopulationState, epochs_done: int, writer: MemberLogs) -> dict:
        every = self.members[0].plan.diagnose_every
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
            print(f"member{member} (seed {self.members[member].seed}) failed, the others go on: {error}")

    def _finish(self, state: PopulationState, sound: Sequence[int]) -> list[SearchResult | None]:
        """Records the results of the sound members."""
        states = {i: self._alpha_of(state, i) for i in sound}
        with self.clock:
            derived = {i: self.members[i].derive(states[i]) for i in sound}
        values, share = self._validate(state), self.clock.seconds / len(self.members)
        found: list[SearchResult | None] = [None] * len(self.members)
        for i in sound:
            found[i] = SearchResult(derived[i], values[i], share, states[i])
            self.members[i].record(found[i], self.folders[i])
        return found

    def _validate(self, state: PopulationState) -> list[dict[str, float]]:
        """Loss and metrics of every member on its own validation half."""

        def of_member(member, batch):
            return outputs(self._problem(member["values"]))(member["state"], batch)

        first = self.members[0]
        sums = example_sums(of_member, first.problem.loss, self.examples)
        halves = [member.halves["valid"] for member in self.members]
        positions, mask = padded_batches(len(halves[0]), first.plan.batch_size)
        indices = put_batch(np.stack([half[positions] for half in halves]), self.mesh)
        of_members = over_members(
            lambda member, shared: sums(member, shared["arrays"], member["indices"], shared["mask"]), self.mesh, 1
        )
        members = {"state": state.members, "values": state.values, "indices": indices}
        shared = {"arrays": self.examples.arrays, "mask": put_replicated(mask, self.mesh)}
        totals = jax.tree.map(np.asarray, self._everywhere(jit(of_members)(members, shared)))
        return [
            means({name: of_all[i] for name, of_all in totals.items()}, len(halves[0]))
            for i in range(len(self.members))
        ]
