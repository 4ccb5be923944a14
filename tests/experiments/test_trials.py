"""The local runner: order, folders, failures that are named, and stopping."""

import pytest
from ml_collections import ConfigDict

from experiments.settings import SettingsError
from experiments.trials import Trial, run_local


def trials(outcomes):
    """Trials that note where they ran and then return, or raise, what is given."""

    def run(config, folder):
        ran.append((folder.name, config.seed))
        if isinstance(config.outcome, str):
            raise {"settings": SettingsError, "broken": FloatingPointError}[config.outcome](config.outcome)
        return config.outcome

    ran = []
    made = [Trial(f"t{i}", run, ConfigDict({"seed": i, "outcome": o})) for i, o in enumerate(outcomes)]
    return made, ran


def test_one_that_fails_is_named_and_the_others_go_on(tmp_path, capsys):
    made, ran = trials([True, "broken", True])
    results = list(run_local(made, tmp_path))
    assert [r.status for r in results] == ["finished", "failed", "finished"]
    assert results[1].problem == "FloatingPointError: broken" and "Traceback" in capsys.readouterr().err
    assert ran == [("t0", 0), ("t1", 1), ("t2", 2)]
    assert [r.folder for r in results] == [tmp_path / trial.name for trial in made]


def test_one_that_is_stopped_is_the_last(tmp_path):
    made, ran = trials([True, False, True])
    assert [r.status for r in run_local(made, tmp_path)] == ["finished", "stopped"]
    assert len(ran) == 2


def test_each_is_told_before_the_next_starts(tmp_path):
    made, ran = trials([True, True])
    for count, _ in enumerate(run_local(made, tmp_path), start=1):
        assert len(ran) == count


def test_wrong_settings_are_the_callers(tmp_path):
    made, ran = trials(["settings", True])
    with pytest.raises(SettingsError):
        list(run_local(made, tmp_path))
    assert len(ran) == 1
