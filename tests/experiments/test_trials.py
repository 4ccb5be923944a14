"""Trials: the loop that runs them, its ledger, and the executors of one machine."""

import io
import json
import math
import os
import pathlib
import signal
import sys
import time

import pytest

from dartsx.experiments.settings import SettingsError
from dartsx.experiments.trials import Here, Ledger, Listed, Trial, drive, trials_of
from dartsx.experiments.trials.board import Board
from dartsx.experiments.trials.devices import Slot, make_slots
from dartsx.experiments.trials.local import Local
from dartsx.experiments.trials.memory import GIB, fits
from dartsx.report.ledger import read_sweep

JOB = "stand_in_job:run"


@pytest.fixture(autouse=True)
def job_is_found(monkeypatch):
    """Other processes find the stand-in too."""
    tests = str(pathlib.Path(__file__).resolve().parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr(sys, "path", [tests, *sys.path])


def trial(name, **config):
    return Trial(name, JOB, {"epochs": 2, "score": 1.0, **config}, (0,), {"name": name})


def run(root, trials, executor=None, **options):
    root.mkdir(exist_ok=True)
    with Ledger(root, "valid_accuracy") as ledger, executor or Here(root) as given:
        return list(drive(Listed(trials), given, ledger, **options))


def ledger_of(root):
    return [json.loads(line) for line in (root / "ledger.jsonl").read_text().splitlines()]


def begun(root, name):
    """Epochs that were begun, over all processes: a trial that is gone on with repeats none that it has saved."""
    return (root / name / "begun").read_text().split()


SLOTS = make_slots(2, [0, 1], [])


# --------------------------------------------------------------------------- the loop
def test_one_that_fails_is_named_and_the_others_go_on(tmp_path, capsys):
    results = run(tmp_path, [trial("a"), trial("b", fails="loss is NaN"), trial("c", score=0.5)])
    assert [r.status for r in results] == ["finished", "failed", "finished"]
    assert results[1].problem == "FloatingPointError: loss is NaN" and "Traceback" in capsys.readouterr().err
    lines = ledger_of(tmp_path)
    assert [(x["trial"], x["seed"], x["status"], x["score"]) for x in lines] == [
        ("a", 0, "finished", 1.0),
        ("b", 0, "failed", None),
        ("c", 0, "finished", 0.5),
    ]
    assert lines[0]["command"] and lines[0]["setting"] == {"name": "a"} and lines[0]["folder"] == "a"


@pytest.mark.parametrize(("score", "worst"), [("valid_accuracy", -math.inf), ("valid_loss", math.inf)])
def test_a_score_that_is_not_finite_is_told_as_the_worst_and_named(tmp_path, monkeypatch, score, worst):
    told, one = [], trial("a", result={score: None})
    monkeypatch.setattr(Listed, "tell", lambda self, trial, scores: told.append(scores))
    for _ in range(2):  # of the job, then of the ledger
        with Ledger(tmp_path, score) as ledger:
            assert [result.status for result in drive(Listed([one]), Here(tmp_path), ledger)] == ["finished"]
    (line,) = ledger_of(tmp_path)
    assert (line["score"], line["problem"]) == (None, f"its {score} is not finite")
    assert told == [[worst]] * 2


def test_what_has_ended_is_not_run_again_and_what_failed_is(tmp_path):
    trials = [trial("a"), trial("b", fails="once")]
    run(tmp_path, trials)
    first = begun(tmp_path, "a")
    results = run(tmp_path, [trials[0], trial("b"), trial("c")])
    assert [r.status for r in results] == ["finished"] * 3
    assert begun(tmp_path, "a") == first
    assert [line["trial"] for line in ledger_of(tmp_path)] == ["a", "b", "b", "c"]


def test_another_experiment_under_the_same_name_is_not_taken_for_done(tmp_path):
    run(tmp_path, [trial("a")])
    run(tmp_path, [trial("a", score=0.25)])
    assert [line["score"] for line in ledger_of(tmp_path)] == [1.0, 0.25]


def test_a_result_without_the_number_that_counts_says_which_there_are(tmp_path):
    with Ledger(tmp_path, "test_error") as ledger, Here(tmp_path) as executor:
        list(drive(Listed([trial("a")]), executor, ledger))
    (line,) = ledger_of(tmp_path)
    assert line["status"] == "finished" and line["score"] is None
    assert line["problem"] == "it has no number 'test_error'; choose by --score among valid_accuracy"


def test_after_too_many_failures_no_other_starts(tmp_path):
    trials = [trial("a", fails="x"), trial("b", fails="x"), trial("c")]
    assert [r.status for r in run(tmp_path, trials, max_failures=1)] == ["failed", "failed"]


def test_one_that_is_stopped_is_the_last(tmp_path):
    results = run(tmp_path, [trial("a"), trial("b", stops=True), trial("c")])
    assert [r.status for r in results] == ["finished", "stopped"]


def test_what_goes_on_after_a_stop_has_its_last_score_and_all_its_seconds(tmp_path):
    run(tmp_path, [trial("a", stops=True)])
    run(tmp_path, [trial("a")])
    lines = ledger_of(tmp_path)
    assert [line["status"] for line in lines] == ["stopped", "finished"]
    seconds = pytest.approx(sum(line["seconds"] for line in lines))
    with Ledger(tmp_path, "valid_accuracy") as ledger:
        assert ledger.told(trial("a")).seconds == seconds
    (entry,) = read_sweep(tmp_path).entries
    assert (entry.status, entry.score, entry.seconds) == ("finished", 1.0, seconds)


def test_wrong_settings_are_the_callers_where_nothing_else_runs(tmp_path):
    with pytest.raises(SettingsError, match="wrong"):
        run(tmp_path, [trial("a", wrong=True)])


def test_a_line_that_was_half_written_is_no_line(tmp_path):
    run(tmp_path, [trial("a")])
    with open(tmp_path / "ledger.jsonl", "a") as file:
        file.write('{"trial": "b", "sta')
    run(tmp_path, [trial("a"), trial("c")])
    with Ledger(tmp_path, "valid_accuracy") as ledger:
        assert ledger.told(trial("a")) and ledger.told(trial("c")) and not ledger.told(trial("b"))


# --------------------------------------------------------------------------- processes
def test_a_process_that_is_killed_is_gone_on_with_and_counted_once(tmp_path):
    trials = [trial("a", kills_itself_in=1), trial("b")]
    results = run(tmp_path, trials, Local(tmp_path, SLOTS))
    assert {r.trial.name: r.status for r in results} == {"a": "finished", "b": "finished"}
    assert begun(tmp_path, "a") == ["0", "1", "1"]
    assert sorted(line["trial"] for line in ledger_of(tmp_path)) == ["a", "b"]


def test_one_that_dies_again_and_again_is_named(tmp_path):
    results = run(tmp_path, [trial("a", kills_itself_in=0, always=True)], Local(tmp_path, SLOTS, retries=1))
    assert results[0].status == "failed"
    assert "ended by SIGKILL, 2 time(s)" in results[0].problem and "a.log" in results[0].problem


def test_processes_run_at_once_and_are_asked_to_leave(tmp_path):
    with Local(tmp_path, SLOTS) as executor:
        for name in ("a", "b"):
            assert executor.room()
            executor.start(trial(name, epochs=1000, seconds=0.05))
        assert not executor.room()
        while not all((tmp_path / name / "begun").exists() for name in ("a", "b")):
            time.sleep(0.05)
        executor.stop()
        results = []
        while executor.running:
            results += executor.wait(5)
    assert [r.status for r in results] == ["stopped", "stopped"]


def test_the_processes_of_a_killed_sweep_die_with_it(tmp_path, python):
    code = f"""
import pathlib
from dartsx.experiments.trials import Trial
from dartsx.experiments.trials.local import Local
from dartsx.experiments.trials.devices import make_slots
root = pathlib.Path({str(tmp_path)!r})
executor = Local(root, make_slots(1, [0], []))
executor.start(Trial("a", {JOB!r}, {{"epochs": 10000, "score": 1.0, "seconds": 0.02}}, (0,)))
print("started", flush=True)
executor.wait(600)
"""
    sweep = python("-c", code, wait=False)
    assert sweep.stdout.readline() == "started\n"
    while not (tmp_path / "a" / "begun").exists():
        time.sleep(0.05)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    last = None
    while last != (last := (tmp_path / "a" / "begun").read_text()):
        time.sleep(0.5)  # ten epochs and more, if it lived


# --------------------------------------------------------------------------- shares of a machine
def test_slots_share_cores_and_gpus():
    cores = list(range(8))
    assert make_slots(None, [3, 5], []) == [Slot((3,), {}), Slot((5,), {})]
    assert [slot.cores for slot in make_slots(2, cores, [])] == [(0, 1, 2, 3), (4, 5, 6, 7)]
    one_each = make_slots(None, cores, ["0", "GPU-b"])
    assert [slot.environment for slot in one_each] == [{"CUDA_VISIBLE_DEVICES": name} for name in ("0", "GPU-b")]
    shared = make_slots(4, cores, ["0", "1"])
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in shared] == ["0", "1", "0", "1"]
    assert {slot.environment["XLA_PYTHON_CLIENT_MEM_FRACTION"] for slot in shared} == {"0.450"}
    assert [slot.cores for slot in make_slots(3, [0, 1], [])] == [(0,), (1,), (0,)]


def test_memory_is_left_for_what_those_that_run_still_grow_to():
    assert fits(4 * GIB, 2 * GIB, {"a": 2 * GIB})
    assert not fits(4 * GIB, 2 * GIB, {"a": 0, "b": GIB})
    assert not fits(GIB, 2 * GIB, {})


@pytest.mark.parametrize(("need", "another"), [(1, True), (2**60, False)])
def test_another_starts_only_where_memory_is_left_and_one_in_any_case(tmp_path, need, another):
    with Local(tmp_path, SLOTS, need=need) as executor:
        assert executor.room()
        executor.start(trial("a"))
        executor.wait(0)
        assert executor.room() == another


# --------------------------------------------------------------------------- seeds and watching
def test_seeds_are_one_program_where_they_follow_each_other_and_the_method_allows_it(digits_config):
    def names(seeds, method="darts", job="search", **options):
        digits_config.method = method
        return [(t.name, t.seeds) for t in trials_of("x", job, digits_config, seeds, **options)]

    assert names([4, 5]) == [("x-seeds4-5", (4, 5))] == names([4, 5], job="run")
    alone = [("x-4", (4,)), ("x-5", (5,))]
    assert names([4, 5], share=False) == alone == names([4, 5], "r_darts") == names([4, 5], job="evaluate")
    assert names([4, 6]) == [("x-4", (4,)), ("x-6", (6,))]


@pytest.mark.parametrize("terminal", [False, True])
def test_the_board_leaves_a_line_for_every_trial(tmp_path, terminal):
    text = io.StringIO()
    with Board(tmp_path, 2, "valid_accuracy", stream=text, terminal=terminal) as board:
        run(tmp_path, [trial("a"), trial("b", fails="[x]")], watcher=board)
    lines = text.getvalue().splitlines()
    assert any("[1/2] a: finished, valid_accuracy 1 (n = 1)" in line for line in lines)
    assert any("[2/2] b: failed, FloatingPointError: [x]" in line for line in lines)
    assert ("\x1b[" in text.getvalue()) == terminal
