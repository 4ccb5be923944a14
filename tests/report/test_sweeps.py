"""Reports of sweeps: rows with n and seeds, what is left out, effects, and the files of the page."""

import itertools
import json

import pytest

from dartsx.report import RunError, write_report
from dartsx.report.ledger import read_sweep
from dartsx.report.sweeps import at_most_settings, setting_rows, sweep_facts, sweep_grid


def line(rate, method, seed, score, **fields):
    return {
        "schema": 1,
        "trial": f"{method}-{rate}",
        "job": "search",
        "setting": {"rate": rate, "method": method},
        "seed": seed,
        "epochs": None,
        "status": "finished" if score is not None else "failed",
        "problem": "" if score is not None else "loss is NaN",
        "score_name": "valid_accuracy",
        "better": "more",
        "score": score,
        "seconds": 10.0,
        "device": {"kind": "cpu", "count": 1},
        "commit": "abc",
        "command": "python -m experiments.sweep <x>",
        "folder": f"{method}-{rate}/member{seed}",
        **fields,
    }


@pytest.fixture
def sweep(tmp_path):
    """Writes lines as a sweep's ledger and returns its folder."""

    def write(lines, end=""):
        folder = tmp_path / "sweep"
        folder.mkdir(exist_ok=True)
        (folder / "ledger.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines) + end)
        return folder

    return write


def grid():
    scores = {
        (0.001, "darts"): (0.5, 0.7),
        (0.1, "darts"): (0.8, 0.9),
        (0.001, "gdas"): (0.2, None),
        (0.1, "gdas"): (0.4, 0.6),
    }
    return [line(*key, seed, score) for key, both in scores.items() for seed, score in enumerate(both)]


def test_a_row_has_n_seeds_mean_and_deviation_and_the_best_is_first(sweep):
    read = read_sweep(sweep(grid()))
    table = sweep_grid(setting_rows(read))
    assert table.columns == ("rate", "method", "n", "seeds", "valid_accuracy", "best", "seconds", "device")
    plus_minus = "\N{PLUS-MINUS SIGN}"
    assert table.lines[0] == (
        "0.1",
        "darts",
        "2",
        "0, 1",
        f"0.8500 {plus_minus} 0.0707",
        "0.9000 (best of 2)",
        "20",
        "cpu",
    )
    assert table.lines[-1] == ("0.001", "gdas", "1", "0", "0.2000", "0.2000 (best of 1)", "20", "cpu")
    assert [item.reason for item in read.excluded] == ["failed: loss is NaN"]
    smaller = [x | {"better": "less", "score_name": "test_error"} for x in grid()]
    assert sweep_grid(setting_rows(read_sweep(sweep(smaller)))).lines[0][1] == "gdas"


def test_the_last_line_of_a_seed_stands_and_half_a_line_is_none(sweep):
    again = line(0.001, "gdas", 1, 0.4)
    read = read_sweep(sweep([*grid(), again], end='{"schema": 1, "tri'))
    row = next(row for row in setting_rows(read) if dict(row.setting) == {"rate": 0.001, "method": "gdas"})
    assert row.n == 2 and row.mean == pytest.approx(0.3) and not read.excluded


def test_seconds_before_a_stop_are_counted_and_a_result_that_was_read_twice_once(sweep):
    stopped = line(1, "darts", 0, None, status="stopped", problem="", seconds=36000.0)
    finished = line(1, "darts", 0, 0.9, seconds=600.0)
    read = read_sweep(sweep([stopped, stopped | {"seconds": 30.0}, finished, finished | {"command": "again"}]))
    (row,) = setting_rows(read)
    assert (row.n, row.mean, row.seconds) == (1, 0.9, 36630.0)
    assert ("trials' time", "36,630 s of wall clock, added up") in sweep_facts(read)
    assert ("seeds that ended", "1 finished") in sweep_facts(read)


@pytest.mark.parametrize(("better", "score_name"), [("more", "valid_psnr"), ("less", "valid_loss")])
def test_a_setting_with_a_score_that_is_not_finite_is_last_and_has_no_mean(sweep, tmp_path, better, score_name):
    of = {"score_name": score_name, "better": better}
    lines = [line(rate, "darts", seed, 0.5, **of) for rate in (1, 2) for seed in (0, 1)]
    lines[1] |= {"score": None, "scores": {score_name: None}}
    folder = sweep(lines)
    rows = setting_rows(read_sweep(folder))
    assert [(row.setting["rate"], row.n) for row in rows] == [(2, 2), (1, 2)]
    best = "0.5000 (best of 2)"
    assert [cells[3:5] for cells in (row[1:] for row in sweep_grid(rows).lines)] == [
        ("0.5000 \N{PLUS-MINUS SIGN} 0.0000", best),
        ("not finite", best),
    ]
    assert [row.setting["rate"] for row in at_most_settings(read_sweep(folder))] == [2]
    assert "not finite" in write_report([folder], tmp_path / "report").markdown.read_text()


@pytest.mark.parametrize("field", ["seed", "command"])
def test_a_number_without_seed_or_command_is_not_shown(sweep, field):
    lines = grid()
    del lines[0][field]
    read = read_sweep(sweep(lines))
    assert read.excluded[0].path.name == "ledger.jsonl, line 1" and field in read.excluded[0].reason
    first = next(row for row in setting_rows(read) if dict(row.setting) == {"rate": 0.001, "method": "darts"})
    assert first.n == 1


def test_a_setting_stands_where_it_came_and_is_compared_where_most_came(sweep):
    paused = [
        line(rate, "darts", 0, score, epochs=1, status="paused") for rate, score in ((1, 0.2), (2, 0.3), (3, 0.4))
    ]
    finished = [line(3, "darts", 0, 0.35)]
    read = read_sweep(sweep(paused + finished))
    rows = setting_rows(read)
    assert [(row.setting["rate"], row.epochs, row.mean) for row in rows] == [(3, None, 0.35), (2, 1, 0.3), (1, 1, 0.2)]
    assert rows[0].seconds == 20.0
    assert [line[2] for line in sweep_grid(rows).lines] == ["all", "1", "1"]
    assert [row.mean for row in at_most_settings(read)] == [0.4, 0.3, 0.2]


def test_the_page_has_table_command_effects_and_failures(sweep, tmp_path):
    paths = write_report([sweep(grid())], tmp_path / "report")
    texts = [paths.markdown.read_text(), paths.html.read_text()]
    assert "python -m experiments.sweep <x>" in texts[0] and "experiments.sweep &lt;x&gt;" in texts[1]
    for text in (*texts, paths.terminal):
        assert "0.8500" in text and "best of 2" in text and "loss is NaN" in text
        assert "no table" not in text
    assert [path.name for path in paths.figures] == ["sweep1_effects.svg"]
    assert (tmp_path / "report" / "sweep1.csv").read_text().startswith("rate,method,n,seeds,valid_accuracy,best,")


def test_a_sweep_and_single_runs_share_a_page(sweep, search_run, tmp_path):
    paths = write_report([sweep(grid()), search_run("alone")], tmp_path / "report")
    text = paths.markdown.read_text()
    assert text.index("## Sweep sweep") < text.index("## Search 1")


def test_without_a_score_there_is_no_row_and_no_plot(sweep, tmp_path):
    paths = write_report([sweep([line(1, "darts", 0, None)])], tmp_path / "report")
    assert not paths.figures and "loss is NaN" in paths.terminal


def test_ledgers_of_another_version_are_refused(sweep):
    with pytest.raises(RunError, match="ledger.jsonl, line 1: schema 2 is not known"):
        read_sweep(sweep([grid()[0] | {"schema": 2}]))
    with pytest.raises(RunError, match="line 2, is not JSON"):
        read_sweep(sweep(itertools.islice(grid(), 1), end="{\n"))
