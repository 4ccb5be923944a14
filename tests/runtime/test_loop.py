"""The loop around a step, with a step of two numbers: order, logs, checkpoints, stops, resumption, NaN."""

import os
import signal
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.runtime import Loop, NonFiniteError, chunk_length, open_workdir, read_records, run_loop

EPOCHS, STEPS = 3, 7


class State(NamedTuple):
    """As much of a state as the loop needs."""

    step: jax.Array
    weight: jax.Array


def start() -> State:
    return State(jnp.int32(0), jnp.float32(1))


def step(state, arrays, row):
    """A step whose result depends on all that came before, in its order."""
    weight = state.weight * arrays["decay"] + row
    metrics = {"train": {"loss": state.weight, "row": row}}
    return State(state.step + 1, weight), metrics


def row(epoch, position):
    return np.float32(10 * epoch + position) / 7


def expected_weights(count=EPOCHS * STEPS):
    """Weight before each step, and after the last."""
    weights = [np.float32(1)]
    for at in range(count):
        weights.append(weights[-1] * np.float32(0.9) + row(*divmod(at, STEPS)))
    return np.array(weights)


@pytest.fixture
def run(tmp_path):
    """Runs a loop in a work directory; every call with the same name resumes."""

    def run(name="run", pause_after=None, **changes):
        def rows(epoch, first, count):
            asked.extend((epoch, first + i) for i in range(count))
            return np.array([row(epoch, first + i) for i in range(count)])

        asked = []
        given = {"title": "test", "epochs": EPOCHS, "steps_per_epoch": STEPS, "chunk_steps": 3, "step": step}
        given |= {"arrays": {"decay": jnp.float32(0.9)}, "rows": rows, "after_epoch": lambda *_: {}}
        with open_workdir(tmp_path / name, {"seed": 0}, "search", pause_after=pause_after) as workdir:
            outcome = run_loop(Loop(**(given | changes)), start(), workdir)
        return outcome, asked, tmp_path / name

    return run


def checkpoints(folder):
    return sorted(int(path.name) for path in (folder / "checkpoints").iterdir() if path.name.isdigit())


def signal_at(epoch, position):
    """Rows that send SIGTERM to this process when they are asked for."""

    def rows(asked_epoch, first, count):
        if (asked_epoch, first) == (epoch, position):
            os.kill(os.getpid(), signal.SIGTERM)
        return np.array([row(asked_epoch, first + i) for i in range(count)])

    return rows


def test_a_run_that_pauses_goes_on_from_there_and_ends_as_one_that_did_not(run):
    paused, asked, folder = run(pause_after=1, checkpoint_every=3)
    assert not paused.finished and checkpoints(folder) == [STEPS]
    again, more, _ = run(pause_after=1)
    assert not again.finished and not more
    second, more, _ = run(pause_after=2)
    assert not second.finished and more == [(1, i) for i in range(STEPS)]
    ended, last, _ = run()
    assert ended.finished and asked + more + last == [divmod(at, STEPS) for at in range(EPOCHS * STEPS)]
    undisturbed, _, other = run("other")
    assert ended.state.weight == undisturbed.state.weight
    assert (folder / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("steps", "most", "length"),
    [(22, 11, 11), (22, 100, 22), (22, 12, 11), (23, 10, 10), (24, 7, 6), (26, 12, 12), (5, 1, 1), (1, 8, 1)],
)
def test_chunks_divide_the_epoch_unless_that_makes_them_short(steps, most, length):
    assert chunk_length(steps, most) == length


@pytest.mark.parametrize("chunk_steps", [1, 3, 100])
def test_every_step_runs_once_in_order_whatever_the_chunks(run, chunk_steps):
    outcome, asked, _ = run(chunk_steps=chunk_steps)
    assert outcome.finished
    assert asked == [divmod(at, STEPS) for at in range(EPOCHS * STEPS)]
    assert int(outcome.state.step) == EPOCHS * STEPS
    np.testing.assert_allclose(outcome.state.weight, expected_weights()[-1], rtol=1e-6)


def test_the_log_of_an_epoch_holds_means_over_its_steps_and_what_follows_it(run):
    called = []

    def after_epoch(state, epochs_done, writer):
        called.append((int(state.step), epochs_done))
        writer.alphas(epochs_done, {"normal": [[0.5]]})
        return {"test": {"loss": 0.25}}

    _, _, folder = run(after_epoch=after_epoch)
    assert called == [(7, 1), (14, 2), (21, 3)]
    records = read_records(folder / "metrics.jsonl")
    means = expected_weights()[:-1].reshape(EPOCHS, STEPS).mean(1)
    train = [record for record in records if record["split"] == "train"]
    assert [(r["step"], r["epoch"]) for r in train] == called
    np.testing.assert_allclose([r["loss"] for r in train], means, rtol=1e-6)
    assert [r["loss"] for r in records if r["split"] == "test"] == [0.25] * EPOCHS
    assert [r["epoch"] for r in read_records(folder / "alphas.jsonl")] == [1, 2, 3]


def test_timing_gives_each_epoch_the_seconds_of_its_steps_and_the_outcome_has_those_between_too(run):
    def between(state, epochs_done):
        began = time.monotonic()
        time.sleep(0.05)
        spent.append(time.monotonic() - began)
        return state

    spent = []
    paused, _, _ = run(pause_after=1, between=between)
    assert paused.seconds > spent[0]
    outcome, _, folder = run(between=between)
    seconds = [record["seconds"] for record in read_records(folder / "timing.jsonl")]
    assert len(seconds) == len(spent) == EPOCHS and min(seconds) > 0
    assert outcome.seconds == pytest.approx(sum(seconds) + sum(spent), abs=0.02)


def test_checkpoints_come_after_every_so_many_epochs_and_the_last(run):
    _, _, folder = run(checkpoint_every=2, keep=3)
    assert checkpoints(folder) == [14, 21]


def test_a_search_can_change_its_state_between_epochs_and_end_early(run):
    def between(state, epochs_done):
        return state._replace(weight=jnp.float32(100 if epochs_done == 2 else 2))

    changes = {"between": between, "ended": lambda state: float(state.weight) == 100, "checkpoint_every": 5}
    outcome, asked, folder = run(**changes)
    assert outcome.finished and len(asked) == 2 * STEPS
    assert float(outcome.state.weight) == 100 and checkpoints(folder) == [14]
    train = [r["loss"] for r in read_records(folder / "metrics.jsonl") if r["split"] == "train"]
    assert len(train) == 2 and train[1] != pytest.approx(expected_weights()[STEPS : 2 * STEPS].mean())
    again, asked, _ = run(**changes)  # what has ended stays so
    assert again.finished and asked == [] and float(again.state.weight) == 100


def test_the_state_is_donated_to_the_compiled_chunk(run, tmp_path):
    state = start()
    loop = Loop("test", 1, 2, 2, step, {"decay": jnp.float32(0.9)}, lambda *_: np.zeros(2, np.float32), lambda *_: {})
    with open_workdir(tmp_path / "donated", {"seed": 0}, "search") as workdir:
        run_loop(loop, state, workdir)
    assert state.weight.is_deleted()


@pytest.mark.parametrize(("position", "saved"), [(0, 10), (3, 13), (6, 14)], ids=["first", "middle", "last"])
def test_stopped_by_a_signal_and_resumed_it_ends_with_the_same_bytes(run, position, saved):
    whole, _, undisturbed = run("undisturbed")
    stopped, _, folder = run(rows=signal_at(1, position))
    assert not stopped.finished
    assert int(stopped.state.step) == checkpoints(folder)[-1] == saved
    again, asked, _ = run()
    assert asked == [divmod(at, STEPS) for at in range(saved, EPOCHS * STEPS)]
    assert again.finished
    np.testing.assert_array_equal(again.state.weight, whole.state.weight)
    assert (folder / "metrics.jsonl").read_bytes() == (undisturbed / "metrics.jsonl").read_bytes()
    assert len(read_records(folder / "timing.jsonl")) == EPOCHS


def test_a_run_may_go_on_with_other_chunks(run):
    whole, _, _ = run("undisturbed")
    run(rows=signal_at(1, 0))
    again, asked, _ = run(chunk_steps=5)
    assert asked[0] == (1, 3)
    np.testing.assert_allclose(again.state.weight, whole.state.weight, rtol=1e-6)


def test_a_signal_in_the_last_epoch_lets_it_finish(run):
    outcome, _, folder = run(rows=signal_at(EPOCHS - 1, 6))
    assert outcome.finished and checkpoints(folder)[-1] == EPOCHS * STEPS


@pytest.mark.parametrize(("failing", "first", "kept"), [(2, (0, 0), []), (3, (2, 0), [1, 2])])
def test_records_written_after_the_last_checkpoint_are_written_again(run, failing, first, kept):
    whole, _, undisturbed = run("undisturbed")

    def fail(state, epochs_done, writer):
        writer.alphas(epochs_done, {"normal": [[0.5]]})
        if epochs_done == failing:
            raise KeyError("a defect")
        return {}

    with pytest.raises(KeyError, match="a defect"):
        run(checkpoint_every=2, after_epoch=fail)
    again, asked, folder = run(checkpoint_every=2)
    assert asked[0] == first
    np.testing.assert_array_equal(again.state.weight, whole.state.weight)
    assert (folder / "metrics.jsonl").read_bytes() == (undisturbed / "metrics.jsonl").read_bytes()
    assert [record["epoch"] for record in read_records(folder / "alphas.jsonl")] == kept


def spoilt_from(at, value, loss):
    """A step that spoils the weight at step number `at`; its loss shows that at once, or a step later."""

    def spoilt(state, arrays, row):
        state, metrics = step(state, arrays, row)
        bad = jnp.where(state.step == at, value, 0.0)
        metrics["train"]["loss"] += bad if loss else 0.0
        return state._replace(weight=state.weight + bad), metrics

    return spoilt


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step_and_keeps_the_last_checkpoint(run, value):
    with pytest.raises(NonFiniteError, match=r"step 12 in: weight \(metrics: train_loss=") as caught:
        run(step=spoilt_from(12, value, loss=True))
    assert (caught.value.step, caught.value.names) == (12, ("weight",))
    whole, _, _ = run("undisturbed")
    again, asked, _ = run()
    assert asked[0] == (1, 0)
    np.testing.assert_array_equal(again.state.weight, whole.state.weight)


@pytest.mark.parametrize("at", [14, 10], ids=["end of an epoch", "stop within it"])
def test_a_state_that_no_loss_has_shown_as_spoilt_is_not_saved(run, tmp_path, at):
    rows = {} if at == 14 else {"rows": signal_at(1, 0)}
    with pytest.raises(NonFiniteError, match=f"step {at} in: weight"):
        run(step=spoilt_from(at, np.nan, loss=False), **rows)
    assert checkpoints(tmp_path / "run") == [7]
    assert [record["epoch"] for record in read_records(tmp_path / "run" / "metrics.jsonl")] == [1]
