"""The whole pipeline as one command: search, derivation, retraining beside NASNet-A, and report."""

import csv
import json

import pytest

PARTS = ("search", "derived", "baseline")
REPORT = ("report.html", "report.md", "table.csv", "table.tex", "table.md")


@pytest.fixture(scope="module")
def run(python, tiny_search):
    """Runs `experiments.run` at its smallest in a folder."""
    flags = (
        "--config.space.primitives=('none','skip_connect','avg_pool_3x3')",
        "--config.space.nodes=2",
        "--config.search.epochs=1",
        "--config.search.max_steps=2",
        "--config.evaluate.epochs=1",
        "--config.evaluate.max_steps=2",
        "--config.evaluate.channels=2",
        "--config.evaluate.layers=1",
    )
    return lambda root: python("-m", "experiments.run", f"--workdir={root}", *tiny_search, *flags)


@pytest.fixture(scope="module")
def done(run, tmp_path_factory):
    """Process and folder of the command's first run."""
    root = tmp_path_factory.mktemp("pipeline") / "digits"
    return run(root), root


def rows(table):
    with open(table, newline="") as file:
        return list(csv.DictReader(file))


def contents(root):
    """Bytes and time of every file of the three work directories but their locks, which every start takes."""
    files = [path for part in PARTS for path in (root / part).rglob("*") if path.name != ".lock"]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if path.is_file()}


def test_all_parts_finish_and_the_report_names_both_networks(done):
    process, root = done
    assert process.returncode == 0, process.stderr
    runs = {part: json.loads((root / part / "run.json").read_text()) for part in PARTS}
    assert {part: run["status"] for part, run in runs.items()} == dict.fromkeys(PARTS, "finished")
    assert all((root / "report" / name).stat().st_size for name in REPORT)
    results = {part: json.loads((root / part / "result.json").read_text()) for part in PARTS}
    assert results["baseline"]["genotype_name"] == "NASNet-A"
    assert results["derived"]["search"]["method"] == "darts first_order"
    assert json.loads((root / "derived" / "genotype.json").read_text()) == results["search"]["genotype"]
    for name in REPORT:
        assert "NASNet-A" in (root / "report" / name).read_text(), name
    table = {row["method"]: row for row in rows(root / "report" / "table.csv")}
    assert set(table) == {"NASNet-A", "darts first_order"}
    for method, part in (("NASNet-A", "baseline"), ("darts first_order", "derived")):
        assert float(table[method]["test_error_mean"]) == results[part]["test_error"]
        assert int(table[method]["params_min"]) == results[part]["params"]


def test_started_again_it_repeats_nothing(run, done):
    first, root = done
    before = contents(root)
    again = run(root)
    assert again.returncode == 0, again.stderr
    assert "compiling" in first.stdout and "compiling" not in again.stdout
    assert contents(root) == before


def test_report_command_reads_the_same_runs(python, done, tmp_path):
    _, root = done
    given = ",".join(str(root / part) for part in PARTS)
    process = python("-m", "experiments.report", f"--runs={given}", f"--out={tmp_path}")
    assert process.returncode == 0, process.stderr
    assert rows(tmp_path / "table.csv") == rows(root / "report" / "table.csv")
