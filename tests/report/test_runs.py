"""Reading work directories: what is read, what is listed with its reason, what is refused."""

import json
import shutil

import pytest

from dartsx.report import RunError, read_runs
from dartsx.spaces import published


def change(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_search_is_read_with_all_that_a_report_needs(search_run):
    path = search_run("a", seed=3, dataset="CIFAR-10", device={"kind": "TPU v4", "count": 4})
    (run,) = read_runs([path]).searches
    assert (run.path, run.seed, run.dataset, run.method) == (
        path,
        3,
        "CIFAR-10",
        "darts first_order",
    )
    assert str(run.device) == "4 x TPU v4"
    assert run.genotype == published("DARTS_V2")
    assert run.epochs == (1, 2, 3)
    assert (len(run.groups[0].weights[0]), len(run.groups[0].weights[0][0])) == (14, 8)
    assert (run.seconds, run.valid_accuracy) == (90.0, 0.75)
    assert len(run.metrics) == 3 * 2 * 2


def test_evaluation_is_joined_with_the_search_it_names(search_run, evaluate_run):
    search = search_run("a")
    runs = read_runs([evaluate_run("b", 3.0, search=search)])
    assert runs.searches == ()
    assert runs.evaluates[0].search.run.path == search


def test_search_is_found_beside_the_evaluation_when_both_were_moved(search_run, evaluate_run, tmp_path):
    search = search_run("before/a")
    evaluate_run("before/b", 3.0, search=search)
    shutil.move(tmp_path / "before", tmp_path / "after")
    (run,) = read_runs([tmp_path / "after" / "b"]).evaluates
    assert run.search.run.path == tmp_path / "after" / "a"


def test_search_with_another_genotype_is_not_taken_for_the_named_one(search_run, evaluate_run):
    search = search_run("a", genotype="GDAS_V1")
    (run,) = read_runs([evaluate_run("b", 3.0, search=search)]).evaluates
    assert run.search.run is None
    assert run.search.gpu_days == 0.25


def test_run_given_twice_counts_once(evaluate_run, tmp_path):
    path = evaluate_run("b", 3.0)
    assert len(read_runs([path, tmp_path / "." / "b", path]).evaluates) == 1


def test_folder_of_runs_stands_for_the_runs_in_it(evaluate_run, tmp_path):
    evaluate_run("all/a", 3.0)
    evaluate_run("all/b", 4.0, seed=1)
    (tmp_path / "all" / "report").mkdir()
    runs = read_runs([tmp_path / "all"])
    assert sorted(run.path.name for run in runs.evaluates) == ["a", "b"]
    assert runs.excluded == ()


@pytest.mark.parametrize("status", ["running", "stopped", "failed"])
def test_unfinished_run_is_listed_with_its_status(evaluate_run, status):
    done, other = evaluate_run("done", 3.0), evaluate_run("other", 4.0, seed=1, status=status)
    runs = read_runs([done, other])
    assert [run.path for run in runs.evaluates] == [done]
    assert [item.path for item in runs.excluded] == [other]
    assert "not finished" in runs.excluded[0].reason and status in runs.excluded[0].reason


def damage_json(path):
    (path / "result.json").write_text('{"test_error": 3.')


def damage_missing(path):
    (path / "result.json").unlink()


def damage_type(path):
    change(path / "result.json", params="many")


def damage_nan(path):
    change(path / "result.json", test_error=float("nan"))


def damage_schema(path):
    change(path / "run.json", schema=99)


def damage_kind(path):
    change(path / "run.json", kind="banana")


def damage_line(path):
    with open(path / "metrics.jsonl", "a") as file:
        file.write('{"epoch": 4, "split": "te\n')


def damage_metric(path):
    with open(path / "metrics.jsonl", "a") as file:
        file.write('{"split": "test", "loss": 1.0}\n')


def damage_genotype(path):
    change(path / "genotype.json", normal=[["ba-na", 0], ["skip_connect", 1]])


def damage_folder(path):
    (path / "run.json").unlink()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (damage_json, "result.json is not JSON"),
        (damage_missing, "result.json is missing"),
        (damage_type, "params must be int, not 'many'"),
        (damage_nan, "test_error must be a percentage"),
        (damage_schema, "schema 99 is not known"),
        (damage_kind, "kind 'banana' is not known; allowed: search, evaluate"),
        (damage_line, "metrics.jsonl, line 7, is not JSON"),
        (damage_metric, "metrics.jsonl, entry 7: KeyError('epoch')"),
        (damage_genotype, "letters, digits and _: got 'ba-na'"),
        (damage_folder, "not a work directory: it has no run.json"),
    ],
)
def test_damaged_run_is_listed_with_what_is_wrong(evaluate_run, damage, expected):
    good, bad = evaluate_run("good", 3.0), evaluate_run("bad", 4.0, seed=1)
    damage(bad)
    runs = read_runs([good, bad])
    assert [run.path for run in runs.evaluates] == [good]
    assert [item.path for item in runs.excluded] == [bad]
    assert expected in runs.excluded[0].reason


def test_alphas_of_changing_shape_are_listed(search_run, evaluate_run):
    good, bad = evaluate_run("good", 3.0), search_run("bad")
    cell = [[0.0, 1.0]] * 5
    with open(bad / "alphas.jsonl", "a") as file:
        file.write(json.dumps({"epoch": 4, "normal": cell, "reduce": cell}) + "\n")
    (item,) = read_runs([good, bad]).excluded
    assert item.path == bad and "shape of the alphas changes" in item.reason


def test_alphas_that_fit_no_cell_are_listed(search_run, evaluate_run):
    good, bad = evaluate_run("good", 3.0), search_run("bad")
    cell = [[0.0, 1.0]] * 3
    (bad / "alphas.jsonl").write_text(json.dumps({"epoch": 1, "normal": cell, "reduce": cell}))
    (item,) = read_runs([good, bad]).excluded
    assert item.path == bad and "3 rows fit no cell" in item.reason


def test_nan_losses_written_as_text_are_read(evaluate_run):
    path = evaluate_run("b", 3.0)
    with open(path / "metrics.jsonl", "a") as file:
        file.write('{"epoch": 4, "split": "test", "loss": "NaN"}\n')
    (run,) = read_runs([path]).evaluates
    assert run.metrics[-1].value != run.metrics[-1].value


def test_missing_path_is_named(tmp_path, evaluate_run):
    missing = tmp_path / "nowhere"
    with pytest.raises(RunError, match="no such work directory: .*nowhere"):
        read_runs([evaluate_run("b", 3.0), missing])


def test_nothing_finished_is_refused_with_paths_and_reasons(evaluate_run):
    with pytest.raises(RunError, match=r"(?s)no finished run.*half.*'running'"):
        read_runs([evaluate_run("half", 3.0, status="running")])


def test_no_paths_are_refused():
    with pytest.raises(RunError, match="no runs given"):
        read_runs([])
