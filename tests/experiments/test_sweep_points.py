"""Which settings a sweep has, and what is wrong with one before any trial starts."""

import json
import math

import pytest

from dartsx.experiments.settings import SettingsError
from dartsx.experiments.sweeps.configs import name_of, settings_of
from dartsx.experiments.sweeps.plan import SweepFlags, plan_of
from dartsx.experiments.sweeps.points import grid, random_points, read_swept

ARGV = ["program", "--config=configs/digits.py", "--config.search.epochs=6", "--seeds=0:3"]


def planned(sweep, argv=ARGV, **changes):
    given = {"job": "search", "score": "", "samples": None, "sampler": "", "sweep_seed": 0}
    given |= {"scheduler": "all", "eta": 3, "min_epochs": 1, "source": "configs/digits.py"}
    return plan_of(SweepFlags(argv=argv, sweep=sweep, **(given | changes)))


def test_a_grid_has_all_combinations_with_the_values_of_the_config_in_place():
    plan = planned("search.alphas.learning_rate=1e-4,3e-4; method=darts,pc_darts")
    assert [dict(setting.fields) for setting in plan.known] == [
        {"search.alphas.learning_rate": rate, "method": method}
        for rate in (1e-4, 3e-4)
        for method in ("darts", "pc_darts")
    ]
    first = plan.known[0]
    assert (first.config.search.alphas.learning_rate, first.config.search.epochs) == (1e-4, 6)
    assert first.name == "learning_rate=0.0001,method=darts" and plan.score == "valid_accuracy"


SCORES = {  # config -> what counts of a search, and of an evaluation
    "digits": ("valid_accuracy", "test_error"),
    "scenes": ("valid_miou", "test_miou"),
    "nas_fpn_small": ("valid_loss", "test_ap"),
    "super_resolution": ("valid_psnr", "test_psnr"),
    "text": ("valid_loss", "test_perplexity"),
}


@pytest.mark.parametrize("config", SCORES)
def test_the_task_decides_what_counts(config):
    given = {"argv": ["program", f"--config=configs/{config}.py"], "source": f"configs/{config}.py"}
    assert tuple(planned("search.epochs=20", job=job, **given).score for job in ("search", "run")) == SCORES[config]
    assert planned("search.epochs=20", score="seconds", **given).score == "seconds"


def test_settings_of_several_tasks_need_a_score():
    swept = "dataset.name=digits,digit_scenes"
    with pytest.raises(SettingsError, match="--score: settings are for classification, segmentation; name a number"):
        planned(swept)
    assert planned(swept, score="valid_loss").score == "valid_loss"


def test_values_may_hold_commas_and_configs_may_be_swept():
    swept = read_swept("space.primitives=('none','skip_connect'),('none','sep_conv_3x3'); search.epochs=2,3")
    assert len(grid(swept)) == 4
    assert list(planned("space.primitives=('none','skip_connect')").known[0].fields.values()) == [
        ["none", "skip_connect"]
    ]
    argv = ["program", "--config.search.batch_size=16"]
    known = planned("config=configs/digits.py:pc_darts,configs/digits.py", argv).known
    assert [s.config.method for s in known] == ["pc_darts", "darts"] and known[0].config.search.batch_size == 16


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("search.epochs=3,0; method=darts", r"point 2 of 2 \(search.epochs=0, method=darts\): .*search.epochs=0: must"),
        ("search.epoch=3", r"point 1 of 1 \(search.epoch=3\): --config.search.epoch=3: no field 'epoch'; did you mean"),
        ("search.epochs=x", r"point 1 of 1 .*--config.search.epochs='x': must be an integer"),
        ("method=darts,dart", r"point 2 of 2 \(method=dart\): .*choose one of"),
        ("search.alphas.warmup_epochs=6", "must be below --config.search.epochs=6"),
        ("seed=1,2", "seed is not swept but given by --seeds"),
        ("population=1,2", "population is not swept but given by --share_seeds"),
        ("search.epochs=3,3", "--sweep: epochs=3 is there 2 times"),
        ("search.epochs", "'search.epochs' is not FIELD=VALUE"),
        ("search.epochs=1;search.epochs=2", "search.epochs is swept twice"),
        ("search.epochs=2..4", "needs --samples"),
        ("search.weights.momentum=0..1", "needs --samples"),
        ("search.alphas.learning_rate=a..b", "both ends must be numbers"),
        ("search.alphas.learning_rate=1..1", "needs LOW < HIGH"),
        ("search.alphas.learning_rate=0..1:log", "above 0 with log"),
        ("search.alphas.learning_rate=1..2:exp", "'exp' is no scale; choose linear or log"),
    ],
)
def test_what_is_wrong_is_said_with_its_point_and_field(sweep, message):
    with pytest.raises(SettingsError, match=message):
        planned(sweep)


@pytest.mark.parametrize(
    ("sweep", "job", "message"),
    [
        (
            "evaluate.learning_rate=0.1,0.2; methods.gdas.temperature_start=1,2",
            "search",
            r"point 1 of 4 .*: --config.evaluate.learning_rate=0.1: is swept, but a search does not read it",
        ),
        ("method=gdas,darts; methods.gdas.temperature_start=1,2", "search", "point 3 of 4.*method=darts does not read"),
        ("search.epochs=2,3; genotype=DARTS_V2", "run", "genotype='DARTS_V2': is swept, but a search with its eval"),
        ("genotype=DARTS_V2; search.epochs=2,3", "evaluate", "search.epochs=2: is swept, but an evaluation does not"),
        ("genotype=DARTS_V2; space.nodes=3,4", "evaluate", "space.nodes=3: is swept, but an evaluation does not read"),
        ("network=resnet18_cifar; evaluate.layers=3,4", "evaluate", "network=resnet18_cifar is what its paper says"),
        ("search.cost.weight=1,2", "search", "search.cost.kind='' leaves it without effect"),
        ("dataset.text.steps=10,20", "search", "dataset.name='digits' leaves it without effect"),
    ],
)
def test_fields_that_decide_nothing_are_not_swept(sweep, job, message):
    with pytest.raises(SettingsError, match=message):
        planned(sweep, job=job)


def test_options_are_swept_beside_their_method_and_a_bound_beside_its_kind():
    argv = [*ARGV, "--config.search.cost.target=1e5"]
    assert len(planned("method=gdas; methods.gdas.temperature_start=1,2").known) == 2
    assert len(planned("search.cost.kind=macs; search.cost.weight=1,2", argv).known) == 2
    given = "method=gdas,gdas+pc_darts; methods.gdas.temperature_start=1..2"
    assert planned(given, samples=2, sampler="tpe").known is None
    assert len(planned("search.chunk_steps=10,20; search.diagnosis.every=1,2").known) == 4


def test_seeds_are_not_given_by_the_config():
    with pytest.raises(SettingsError, match="--config.seed: the seeds of a sweep are given by --seeds; leave it out"):
        planned("search.epochs=2,3", [*ARGV, "--config.seed=7"])


def test_ends_of_ranges_obey_the_rules_of_their_fields():
    with pytest.raises(SettingsError, match=r"point 2 of 2 .*momentum=1.0: must be from 0 to below 1"):
        planned("search.weights.momentum=0..1", samples=4)
    with pytest.raises(SettingsError, match="no field 'momentun'"):
        planned("search.weights.momentun=0..1", samples=4)


def test_draws_are_the_same_again_and_lie_in_their_ranges():
    text = "search.alphas.learning_rate=1e-4..1e-1:log; search.epochs=2..5; method=darts,gdas"
    known = planned(text, samples=40).known
    assert [s.name for s in planned(text, samples=50).known][: len(known)] == [s.name for s in known]
    assert known[0].name != planned(text, samples=40, sweep_seed=1).known[0].name
    rates = [setting.fields["search.alphas.learning_rate"] for setting in known]
    assert all(1e-4 <= rate <= 1e-1 for rate in rates)
    assert 12 < sum(rate < math.sqrt(1e-5) for rate in rates) < 28  # half of them below the middle
    assert {setting.fields["search.epochs"] for setting in known} == {2, 3, 4, 5}
    swept = read_swept("a=0..10")
    values = [point["a"] for point in random_points(swept, 200, 0)]
    assert 4 < sum(values) / len(values) < 6


def test_lists_come_from_json_and_from_the_config_file(tmp_path):
    points = [{"search.epochs": 3, "method": "gdas"}, {"space.primitives": ["none", "skip_connect"]}]
    path = tmp_path / "points.json"
    path.write_text(json.dumps(points))
    known = planned(str(path)).known
    assert known[0].config.method == "gdas" and known[1].config.space.primitives == ("none", "skip_connect")
    with pytest.raises(SettingsError, match="a list has all its points"):
        planned(str(path), samples=3)
    path.write_text("[]")
    with pytest.raises(SettingsError, match="must be a list of points"):
        planned(str(path))
    config = tmp_path / "mine.py"
    text = "from configs.digits import get_config as digits\ndef get_config():\n    return digits()\n"
    config.write_text(text + "def sweep():\n    yield from ({'search.epochs': n} for n in (2, 3))\n")
    argv = ["program", f"--config={config}"]
    assert [s.config.search.epochs for s in planned("", argv, source=str(config)).known] == [2, 3]
    config.write_text(text)
    assert [s.name for s in planned("", argv, source=str(config)).known] == ["all"]
    config.write_text(text + "def sweep():\n    return 1 / 0\n")
    with pytest.raises(SettingsError, match="mine.py: ZeroDivisionError in the config file"):
        planned("", argv, source=str(config))


def test_names_of_folders_are_safe_short_and_different():
    assert name_of({"a.rate": 0.1, "b.rate": 2}) == "a.rate=0.1,b.rate=2"
    first, second = (name_of({"data": f"x/{mark}"}) for mark in ("a b", "a_b"))
    assert first != second and "/" not in first + second and " " not in first + second
    assert len(name_of({"genotype": "x" * 500})) < 120


def test_evaluations_and_pipelines_are_checked_as_what_they_are():
    with pytest.raises(SettingsError, match=r"point 1 of 1 .*genotype"):
        planned("evaluate.epochs=2", job="evaluate")
    assert planned("genotype=DARTS_V2,NASNet-A", job="evaluate").score == "test_error"
    with pytest.raises(SettingsError, match="evaluate.drop_path"):
        planned("evaluate.drop_path=0.1,1.0", job="run")


@pytest.mark.parametrize(
    ("sweep", "changes", "message"),
    [
        ("search.epochs=6,7,8,9", {}, r"all settings need the same --config.search.epochs, not \[6, 7, 8, 9\]"),
        ("method=p_darts,darts", {}, "p_darts searches in stages"),
        ("method=darts,gdas", {}, r"2 settings, but with --eta=3 and rungs at \(2, 6\) epochs only one in 3"),
        (
            "method=darts,gdas",
            {"min_epochs": 6},
            "--min_epochs=6: must be 1 or more and below --config.search.epochs=6",
        ),
        ("method=darts,gdas", {"eta": 1}, "--eta=1: must be 2 or more"),
        ("method=darts,gdas", {"job": "run"}, "--job=run has no epochs to pause after"),
        ("genotype=DARTS_V2,NASNet-A", {"job": "evaluate"}, "needs --config.evaluate.test_every=1"),
        ("method=darts,gdas", {"sampler": "cmaes", "samples": 4}, "sweeps two or more ranges of numbers"),
        ("search.epochs=3..6", {"sampler": "grid"}, "search.epochs is a range"),
        ("method=darts", {"samples": 4}, "a grid has all its points"),
    ],
)
def test_what_cannot_be_stopped_early_is_said_beforehand(sweep, changes, message):
    with pytest.raises(SettingsError, match=message):
        planned(sweep, **({"scheduler": "asha"} | changes))


def test_settings_take_only_their_own_part_of_the_command_line():
    argv = [*ARGV, "--sweep=x=1", "--workdir", "there", "--config.search.batch_size=16"]
    (setting,) = settings_of([{"search.channels": 8}], argv, "search")
    assert (setting.config.search.batch_size, setting.config.search.channels) == (16, 8)
