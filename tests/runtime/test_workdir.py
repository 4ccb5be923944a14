import json
import os
import pathlib
import signal
import subprocess
import sys

import jax
import pytest

from dartsx.runtime import WorkdirError, open_workdir, read_json, record_run_info, write_json

CONFIG = {"seed": 1, "model": {"channels": 16, "cells": [2, 5]}, "log": {"every": 10}}
ROOT = pathlib.Path(__file__).parents[2]


def changed(**fields):
    config = json.loads(json.dumps(CONFIG))
    for name, value in fields.items():
        group = config
        *groups, last = name.split("__")
        for part in groups:
            group = group[part]
        group[last] = value
    return config


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_new_folder_gets_config_and_run_record(tmp_path):
    run = {"seed": 1, "dataset": "digits", "method": "darts first_order"}
    with open_workdir(tmp_path / "runs" / "a", CONFIG, "search", run=run) as workdir:
        assert not workdir.resumed and not workdir.finished and workdir.primary
        record = workdir.run_record()
    assert read_json(workdir.path / "config.json") == CONFIG
    assert record["schema"] == 1 and record["kind"] == "search" and record["status"] == "running"
    assert record["dataset"] == "digits" and record["compile_seconds"] is None
    assert record["device"]["count"] >= 1 and record["versions"]["jax"].startswith("0.")
    assert workdir.checkpoints == workdir.path / "checkpoints"


def test_figures_that_are_not_finite_are_written_as_null(tmp_path):
    nan, inf = float("nan"), float("inf")
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        workdir.write_json("result.json", {"valid_loss": nan, "of": [inf, 1.5, (-inf, 2)], "name": "nan", "n": 10**400})
    written = read_json(tmp_path / "result.json")
    assert written == {"valid_loss": None, "of": [None, 1.5, [None, 2]], "name": "nan", "n": 10**400}


def test_same_run_is_resumed_and_says_so(tmp_path):
    with open_workdir(tmp_path, CONFIG, "search", run={"seed": 1}) as workdir:
        workdir.update_run(status="stopped", compile_seconds=3.5)
        started = workdir.run_record()["started"]
    same = {**CONFIG, "model": {"channels": 16, "cells": (2, 5)}}
    with open_workdir(tmp_path, same, "search", run={"seed": 1}) as workdir:
        assert workdir.resumed and not workdir.finished
        record = workdir.run_record()
    assert record["status"] == "running" and record["started"] == started
    assert record["compile_seconds"] == 3.5 and len(record["resumes"]) == 1


def test_finished_run_is_reported_and_left_alone(tmp_path):
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        workdir.update_run(status="finished")
    before = snapshot(tmp_path)
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        assert workdir.resumed and workdir.finished
    assert snapshot(tmp_path) == before


def test_other_config_names_the_fields_and_changes_nothing(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    before = snapshot(tmp_path)
    other = changed(seed=2, model__cells=[2], model__extra=True)
    del other["log"]
    with pytest.raises(WorkdirError) as caught:
        open_workdir(tmp_path, other, "search")
    message = str(caught.value)
    assert "seed: 1 -> 2" in message
    assert "model.cells: [2, 5] -> [2]" in message
    assert "model.extra: absent -> True" in message
    assert "log.every: 10 -> absent" in message
    assert "choose another work directory" in message
    assert snapshot(tmp_path) == before


def test_types_count_as_differences(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    with pytest.raises(WorkdirError, match="seed: 1 -> True"):
        open_workdir(tmp_path, changed(seed=True), "search")


def test_fields_that_may_differ_are_noted(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    other = changed(log__every=50)
    with open_workdir(tmp_path, other, "search", may_differ=["log"]) as workdir:
        assert workdir.run_record()["resumes"][0]["config"] == {"log.every": 50}
    assert read_json(tmp_path / "config.json") == CONFIG
    with pytest.raises(WorkdirError, match="log.every"):
        open_workdir(tmp_path, other, "search", may_differ=["lo", "log.ever"])


def test_other_kind_is_refused(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    with pytest.raises(WorkdirError, match="kind 'search', not 'evaluate'"):
        open_workdir(tmp_path, CONFIG, "evaluate")


def test_foreign_folder_and_file_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(WorkdirError, match="not empty.*thesis.tex"):
        open_workdir(tmp_path, CONFIG, "search")
    assert snapshot(tmp_path) == {"thesis.tex": b"years of work"}
    with pytest.raises(WorkdirError, match="is a file"):
        open_workdir(tmp_path / "thesis.tex", CONFIG, "search")


def test_run_record_of_another_program_is_refused(tmp_path):
    write_json(tmp_path / "config.json", CONFIG)
    write_json(tmp_path / "run.json", ["not", "ours"])
    with pytest.raises(WorkdirError, match="kind None"):
        open_workdir(tmp_path, CONFIG, "search")


def test_damaged_config_is_refused(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    (tmp_path / "config.json").write_text('{"seed":')
    with pytest.raises(WorkdirError, match=r"config\.json is not valid JSON"):
        open_workdir(tmp_path, CONFIG, "search")


def test_kill_between_the_first_files_can_be_resumed(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    (tmp_path / "run.json").unlink()
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        assert workdir.run_record()["status"] == "running"
    (tmp_path / "run.json").unlink()
    (tmp_path / "config.json").rename(tmp_path / "config.json.tmp")
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        assert not workdir.resumed and read_json(tmp_path / "config.json") == CONFIG


def test_config_that_is_not_json_names_the_field(tmp_path):
    with pytest.raises(TypeError, match=r"config\.model\.channels.*complex"):
        open_workdir(tmp_path, changed(model__channels=1j), "search")
    with pytest.raises(TypeError, match=r"config\.seed.*inf"):
        open_workdir(tmp_path, {"seed": float("inf")}, "search")
    assert list(tmp_path.iterdir()) == []


def test_exception_marks_the_run_failed_and_interrupt_stopped(tmp_path):
    with pytest.raises(ZeroDivisionError), open_workdir(tmp_path, CONFIG, "search"):
        raise ZeroDivisionError
    assert read_json(tmp_path / "run.json")["status"] == "failed"
    with pytest.raises(KeyboardInterrupt), open_workdir(tmp_path, CONFIG, "search"):
        raise KeyboardInterrupt
    assert read_json(tmp_path / "run.json")["status"] == "stopped"


def test_unknown_status_is_refused(tmp_path):
    with (
        open_workdir(tmp_path, CONFIG, "search") as workdir,
        pytest.raises(ValueError, match="'done'.*running, finished, stopped, failed"),
    ):
        workdir.update_run(status="done")


def test_second_run_in_the_same_folder_is_refused(tmp_path):
    with (
        open_workdir(tmp_path, CONFIG, "search"),
        pytest.raises(WorkdirError, match=f"in use by process {os.getpid()} on"),
    ):
        open_workdir(tmp_path, CONFIG, "search")
    open_workdir(tmp_path, CONFIG, "search").close()


HOLD = """
import sys, time
from dartsx.runtime.lock import lock_folder
lock = lock_folder(sys.argv[1])
print("locked", flush=True)
time.sleep(60)
"""


def test_lock_dies_with_a_killed_process(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(WorkdirError, match=f"in use by process {holder.pid}"):
            open_workdir(tmp_path, CONFIG, "search")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    open_workdir(tmp_path, CONFIG, "search").close()


def test_failed_write_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", {"x": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert read_json(tmp_path / "a.json") == {"x": 1}
    with pytest.raises(ValueError, match=r"b\.json is not valid JSON"):
        (tmp_path / "b.json").write_text("{")
        read_json(tmp_path / "b.json")


def test_run_info_knows_versions_command_and_device(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "experiments.search", "--workdir=a b"])
    info = record_run_info()
    assert set(info["versions"]) >= {"python", "dartsx", "jax", "jaxlib", "flax", "optax", "numpy"}
    assert info["versions"]["python"].startswith("3.")
    assert info["command"] == "python -m experiments.search '--workdir=a b'"
    assert info["device"]["platform"] == "cpu"
    assert info["git"] is None or len(info["git"]) == 40


def test_a_resume_under_settings_that_compute_otherwise_is_refused(tmp_path, monkeypatch):
    with open_workdir(tmp_path, CONFIG, "search") as workdir:
        numerics = workdir.run_record()["numerics"]
    assert numerics["jax_enable_x64"] is False and numerics["jax_default_prng_impl"] == "threefry2x32"
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x --xla_cpu_enable_fast_math=true")
    with pytest.raises(WorkdirError, match="XLA_FLAGS: .* -> --xla_cpu_enable_fast_math=true. Go on as it began"):
        open_workdir(tmp_path, CONFIG, "search")
    monkeypatch.undo()
    with jax.enable_x64(True), pytest.raises(WorkdirError, match="jax_enable_x64: False -> True"):
        open_workdir(tmp_path, CONFIG, "search")
    open_workdir(tmp_path, CONFIG, "search").close()


@pytest.mark.parametrize(
    ("key", "field", "value", "message"),
    [
        ("versions", "jax", "0.1", "versions of the libraries that compute .*: jax: 0.1 -> "),
        ("device", "platform", "gpu", "under other backend .*: platform: gpu -> cpu"),
    ],
)
def test_a_resume_on_another_backend_or_library_is_refused_until_it_is_allowed(tmp_path, key, field, value, message):
    open_workdir(tmp_path, CONFIG, "search").close()
    record = read_json(tmp_path / "run.json")
    write_json(tmp_path / "run.json", {**record, key: {**record[key], field: value}})
    with pytest.raises(WorkdirError, match=message + f".* or remove '{key}' from "):
        open_workdir(tmp_path, CONFIG, "search")
    write_json(tmp_path / "run.json", {name: value for name, value in record.items() if name != key})
    open_workdir(tmp_path, CONFIG, "search").close()
    again = read_json(tmp_path / "run.json")
    assert again[key] == record[key] == again["resumes"][0][key]  # what it went on with counts from now on


def test_what_a_scheduler_decides_is_recorded(tmp_path):
    open_workdir(tmp_path, CONFIG, "search").close()
    record = read_json(tmp_path / "run.json")
    other = {**record, "device": {**record["device"], "kind": "another card"}}
    write_json(tmp_path / "run.json", {**other, "versions": {**record["versions"], "python": "3.0"}})
    open_workdir(tmp_path, CONFIG, "search").close()
    (resume,) = read_json(tmp_path / "run.json")["resumes"]
    assert resume["device"] == record["device"] and resume["versions"] == record["versions"]
