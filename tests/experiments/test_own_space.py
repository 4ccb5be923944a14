"""A space of a user's own, in a file beside the command: searched, derived, retrained, counted and reported."""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "own_space.md").read_text()
TINY = (
    "--config.search.epochs=1",
    "--config.search.max_steps=2",
    "--config.search.chunk_steps=2",
    "--config.evaluate.epochs=1",
    "--config.evaluate.max_steps=2",
    "--config.evaluate.layers=2",
    "--config.evaluate.channels=2",
)


def command(module, *arguments, folder):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    given = [sys.executable, "-m", module, *arguments]
    return subprocess.run(given, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_documented_chain_goes_from_the_search_to_the_report_and_resumes(tmp_path):
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "def write(scale" in code]
    (tmp_path / "my_chain.py").write_text(code)
    own = ("--config.space.name=my_chain:my_space", f"--config={ROOT / 'configs' / 'digits.py'}")
    ran = command("experiments.run", *own, *TINY, "--workdir=run", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr[-2000:]
    genotype = json.loads((tmp_path / "run" / "search" / "genotype.json").read_text())
    assert set(genotype["choices"]) >= {"width", "depth", "op0"}
    report = (tmp_path / "run" / "report" / "report.md").read_text()
    assert f"width={genotype['choices']['width']}" in report
    decisions = json.loads((tmp_path / "run" / "search" / "run.json").read_text())["decisions"]
    assert decisions["decisions"]["op0"] == ["k3", "k5", "skip"]
    result = json.loads(next((tmp_path / "run").glob("*/result.json")).read_text())
    assert result

    search = command("experiments.search", *own, *TINY, "--workdir=run/search", folder=tmp_path)
    assert search.returncode == 0 and "nothing to do" in search.stdout
    cost = ("--config.space.name=my_chain:my_space", "--config.genotype=run/search", "--format=json")
    counted = json.loads(command("experiments.cost", *cost, folder=tmp_path).stdout)
    assert counted["params"] > 0

    other = command("experiments.evaluate", own[1], "--config.genotype=run/search", "--workdir=b", folder=tmp_path)
    assert other.returncode == 2
    assert "does not belong to --config.space.name=darts" in other.stderr
