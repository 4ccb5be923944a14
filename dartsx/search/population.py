"""Populations: several searches in one program, every leaf of their states stacked along a leading axis of members.

Members are independent: nothing is summed over them, so each computes what its solo search does, to the rounding of
batched kernels, and NaN in one reaches no other. Their axis is split over the devices of the mesh, without any
communication; the members of a device are computed in chunks, one after another, those of a chunk by `jax.vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import lax

from dartsx.runtime import (
    NonFiniteError,
    all_finite,
    batch_sharding,
    first_nonfinite,
    jit,
    nonfinite_leaves,
    put_replicated,
    replicated,
)
from dartsx.search.state import SearchState

Values = dict[str, jax.Array]  # a method's or optimiser's scalars by name


class PopulationState(NamedTuple):
    """The states of all members, as a loop carries and a checkpoint keeps them.

    Attributes:
      step: number of steps done, int32 [].
      members: every leaf [members, ...].
      values: the scalars in which members differ, float32 [members]; they never change.
      failed: step at which a member met NaN or infinity, int32 [members]; 0 while it is sound.
    """

    step: jax.Array
    members: SearchState
    values: Values
    failed: jax.Array


def over_members(function: Callable[[Any, Any], Any], mesh: jax.sharding.Mesh, chunk: int | None = None):
    """A function of (members, shared) that applies `function` to every member; for use inside jit.

    Args:
      function: (one member, shared) -> outputs.
      mesh: result of `dartsx.runtime.make_mesh`; its devices share the members evenly.
      chunk: members of one vmapped call, a divisor of a device's share; None for the whole share. A chunk of 1 is not
        vmapped: its kernels are those of a solo search.

    Returns:
      (members with leaves [members, ...], shared) -> outputs with leaves [members, ...].
    """

    def share(members, shared):
        size = jax.tree.leaves(members)[0].shape[0]
        if chunk is None or chunk == size:
            return jax.vmap(lambda member: function(member, shared))(members)
        return lax.map(lambda member: function(member, shared), members, batch_size=chunk if chunk > 1 else None)

    split, whole = batch_sharding(mesh).spec, replicated(mesh).spec
    # Nothing is sent between devices: there is no replication for shard_map to check.
    return jax.shard_map(share, mesh=mesh, in_specs=(split, whole), out_specs=split, check_vma=False)


MemberStep = Callable[[Values, SearchState, Any, Any], tuple[SearchState, Any]]


def make_population_step(member_step: MemberStep, mesh: jax.sharding.Mesh, chunk: int | None = None):
    """The pure function (state, arrays, rows) -> (state, metrics) of a whole population.

    Args:
      member_step: (values of a member, its state, arrays that all share, its row) -> (state, metrics).
      mesh: see `over_members`.
      chunk: see `over_members`.

    Returns:
      A step of a `PopulationState`; rows and metrics have leaves [members, ...], the metrics on every device.
    """
    step_all = over_members(lambda member, arrays: member_step(*member[:2], arrays, member[2]), mesh, chunk)

    def step(state: PopulationState, arrays: Any, rows: Any):
        members, metrics = step_all((state.values, state.members, rows), arrays)
        metrics = lax.with_sharding_constraint(metrics, replicated(mesh))
        return state._replace(step=state.step + 1, members=members), metrics

    return step


class GoOnWithSound:
    """Guard of a population's loop: a member that meets NaN or infinity is marked and named, the others go on.

    A marked member is computed along, since the program has a fixed shape, but no longer logged; nothing is derived
    from it. When no sound member is left the guard raises.
    """

    def __init__(self, mesh: jax.sharding.Mesh, report: Callable[[int, NonFiniteError], None]):
        """`report` is told the number of each member that fails, and why."""
        self._mesh, self._report = mesh, report
        everywhere = replicated(mesh)
        finite = over_members(lambda member, _: all_finite(member), mesh)
        self._finite = jit(lambda members: finite(members, ()), out_shardings=everywhere)
        self._member = jit(take_member, out_shardings=everywhere)

    def after_chunk(self, state: PopulationState, metrics: Mapping[str, Mapping[str, Any]], first_step: int):
        """Marks members with a loss [steps, members] that is not finite."""
        errors = {}
        for member in self._sound(state):
            losses = {split: np.asarray(values["loss"])[:, member] for split, values in metrics.items()}
            bad = first_nonfinite(losses)
            if bad is not None:
                odd = {f"{split}_loss": float(v[bad]) for split, v in losses.items() if not np.isfinite(v[bad])}
                errors[member] = self._error(state, member, first_step + bad + 1, odd)
        return self._mark(state, errors)

    def before_checkpoint(self, state: PopulationState, step: int):
        """Marks members whose state is not finite."""
        finite = np.asarray(self._finite(state.members))
        bad = [member for member in self._sound(state) if not finite[member]]
        return self._mark(state, {member: self._error(state, member, step, {}) for member in bad})

    def _sound(self, state: PopulationState) -> list[int]:
        return np.flatnonzero(np.asarray(state.failed) == 0).tolist()

    def _error(self, state, member: int, step: int, metrics: dict[str, float]) -> NonFiniteError:
        return NonFiniteError(step, nonfinite_leaves(self._member(state.members, member)), metrics)

    def _mark(self, state: PopulationState, errors: Mapping[int, NonFiniteError]) -> PopulationState:
        if not errors:
            return state
        failed = np.array(state.failed)
        for member, error in errors.items():
            failed[member] = error.step
            self._report(member, error)
        if failed.all():
            raise errors[max(errors, key=lambda member: errors[member].step)]
        return state._replace(failed=put_replicated(failed, self._mesh))


def take_member(tree: Any, member: jax.Array | int) -> Any:
    """One member's part of a tree with leaves [members, ...]; `member` may be traced."""
    return jax.tree.map(lambda leaf: leaf[member], tree)
