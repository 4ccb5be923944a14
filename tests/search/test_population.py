"""Several searches as one: members are independent, whatever the chunks, and one that fails is named and left out."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.runtime import Loop, NonFiniteError, make_mesh, open_workdir, run_loop
from dartsx.search import GoOnWithSound, PopulationState, make_population_step, over_members

MEMBERS, EPOCHS, STEPS = 6, 3, 4
SPOILT = 10.0  # a row that makes the loss NaN


class State(NamedTuple):
    """As much of a search's state as a loop needs."""

    weight: jax.Array


def member_step(values, state, arrays, row):
    """A step whose result depends on the member's value, on all steps before, and on its own rows only."""
    weight = values["rate"] * state.weight + arrays["add"] + row
    loss = jnp.where(row == SPOILT, jnp.nan, state.weight)
    return State(jnp.where(row == SPOILT, jnp.nan, weight)), {"train": {"loss": loss, "row": row}}


def start():
    values = {"rate": jnp.linspace(0.5, 1.0, MEMBERS)}
    members = State(jnp.arange(MEMBERS, dtype=jnp.float32))
    return PopulationState(jnp.int32(0), members, values, jnp.zeros(MEMBERS, jnp.int32))


def row(step):
    return np.sin(step + np.arange(MEMBERS)).astype(np.float32)


def expected(steps=EPOCHS * STEPS):
    weight = np.arange(MEMBERS, dtype=np.float32)
    for step in range(steps):
        weight = np.linspace(0.5, 1.0, MEMBERS, dtype=np.float32) * weight + np.float32(0.1) + row(step)
    return weight


class Logs:
    """Stands for the writer of a population's logs."""

    def __init__(self, path):
        self.losses = []

    def resume(self, step, epoch):
        pass

    def scalars(self, step, epoch, split, **values):
        self.losses.append(values["loss"])

    def timing(self, step, epoch, **values):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def run(tmp_path):
    """Runs a population; `spoilt` maps members to the step at which their loss becomes NaN."""

    def run(name="run", chunk=None, spoilt=None, stop_at=None, **changes):
        def rows(epoch, first, count):
            found = np.stack([row(epoch * STEPS + first + i) for i in range(count)])
            for member, step in (spoilt or {}).items():
                position = step - 1 - epoch * STEPS - first
                if 0 <= position < count:
                    found[position, member] = SPOILT
            if stop_at == (epoch, first):
                raise KeyboardInterrupt
            return found

        mesh, failures = make_mesh(1), {}
        loop = Loop(
            title="test",
            epochs=EPOCHS,
            steps_per_epoch=STEPS,
            chunk_steps=2,
            step=make_population_step(member_step, mesh, chunk),
            arrays={"add": jnp.float32(0.1)},
            rows=rows,
            after_epoch=lambda *_: {},
            guard=GoOnWithSound(mesh, failures.__setitem__),
            writer=Logs,
        )
        with open_workdir(tmp_path / name, {"seed": 0}, "population") as folder:
            return run_loop(loop, start(), folder).state, failures

    return run


@pytest.mark.parametrize("chunk", [None, 1, 2, 3, 6])
def test_members_go_their_own_ways_whatever_the_chunk(run, chunk):
    state, failures = run(chunk=chunk)
    assert int(state.step) == EPOCHS * STEPS and not failures
    np.testing.assert_allclose(state.members.weight, expected(), rtol=1e-5)
    np.testing.assert_array_equal(state.values["rate"], start().values["rate"])


def test_what_members_share_is_not_split():
    apply = jax.jit(over_members(lambda member, shared: member["x"] * shared.sum(), make_mesh(1), 2))
    np.testing.assert_array_equal(apply({"x": jnp.arange(4.0)}, jnp.ones(5)), 5 * np.arange(4.0))


def test_a_member_that_fails_is_named_with_its_step_and_the_others_end_as_if_alone(run):
    sound, _ = run("sound")
    state, failures = run(spoilt={4: 6})
    assert list(failures) == [4]
    assert failures[4].step == 6 and "weight" in failures[4].names and "train_loss" in failures[4].metrics
    np.testing.assert_array_equal(state.failed, [0, 0, 0, 0, 6, 0])
    others = np.arange(MEMBERS) != 4
    np.testing.assert_array_equal(state.members.weight[others], sound.members.weight[others])
    assert np.isnan(state.members.weight[4])


def test_a_resumed_population_remembers_who_failed(run):
    undisturbed, _ = run("undisturbed", spoilt={1: 3})
    with pytest.raises(KeyboardInterrupt):
        run(spoilt={1: 3}, stop_at=(2, 0))
    state, failures = run(spoilt={1: 3})
    assert not failures  # said when it happened
    np.testing.assert_array_equal(state.failed, [0, 3, 0, 0, 0, 0])
    np.testing.assert_array_equal(state.members.weight, undisturbed.members.weight)


def test_a_population_without_a_sound_member_stops(run):
    with pytest.raises(NonFiniteError, match="step 7 in: weight"):
        run(spoilt=dict.fromkeys(range(1, MEMBERS), 2) | {0: 7})


def test_a_state_that_no_loss_has_shown_as_spoilt_is_marked_before_it_is_saved(run):
    mesh, failures = make_mesh(1), {}
    guard = GoOnWithSound(mesh, failures.__setitem__)
    state = start()
    state = state._replace(members=State(state.members.weight.at[2].set(jnp.inf)))
    marked = guard.before_checkpoint(state, 8)
    np.testing.assert_array_equal(marked.failed, [0, 0, 8, 0, 0, 0])
    assert failures[2].names == ("weight",)
    assert guard.before_checkpoint(marked, 12) is marked
