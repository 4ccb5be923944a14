"""``python -m experiments.spaces``: every space with its size, as JSON and as a table; any space's networks counted."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from dartsx.experiments import cost
from dartsx.experiments.settings import SettingsError, parse_config
from dartsx.spaces import NB201, SPACES, Scale, named_space, nb201
from dartsx.spaces.survey import survey

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN = """
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.spaces import CellSpace

space = CellSpace(("skip_connect", "mine"), num_nodes=1, blocks={"mine": lambda c, s: ConvNorm(c, 3, s)})
"""


@pytest.fixture(scope="module", autouse=True)
def parsed():
    flags.FLAGS.mark_as_parsed()


def command(*arguments):
    """The command in a process of its own: its flags have the names of other commands' flags."""
    call = [sys.executable, "-m", "experiments.spaces", *arguments]
    return subprocess.run(call, capture_output=True, text=True, cwd=ROOT)


def test_json_holds_every_space_with_its_exact_count():
    found = json.loads(command("--format=json", "--draws=1").stdout)
    assert [(space["name"], space["count"]) for space in found] == [(n, str(s.count())) for n, s in SPACES.items()]
    assert [list(space["decisions"]) for space in found] == [list(space.decisions) for space in SPACES.values()]


def test_sizes_are_the_extremes_of_the_drawn_networks():
    found = survey("nb201", NB201, draws=5, seed=3)
    rng = np.random.default_rng(3)
    params = [nb201.parameters(NB201.sample(rng)) for _ in range(5)]
    assert found["params"] == [min(params), max(params)] and min(params) < max(params)
    assert (found["draws"], found["seed"]) == (5, 3)


def test_the_table_says_what_was_drawn():
    out = command("--spaces=nb201,s3", "--draws=2").stdout
    for text in ("nb201", "15,625", "s3", "28", "of 2 networks, drawn with seed 0"):
        assert text in out


@pytest.mark.parametrize(("argument", "expected"), [("--spaces=nope", "darts, nb201"), ("nb201", "--name=value")])
def test_wrong_input_ends_with_one_line(argument, expected):
    done = command(argument)
    assert (done.returncode, done.stdout) == (2, "") and expected in done.stderr and "Traceback" not in done.stderr


def test_the_command_needs_no_jax():
    code = "import sys, experiments.spaces; sys.exit(any(n.split('.')[0] in ('jax', 'flax') for n in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def counted(capsys, *arguments):
    with flagsaver.flagsaver(format="json"):
        cost.main(parse_config(["cost", *arguments], "cost.py").config)
    return json.loads(capsys.readouterr().out)


def test_any_architecture_of_any_space_is_counted(capsys):
    cell = nb201.cell_at(77)
    found = counted(capsys, "--config.space.name=nb201", f"--config.genotype={cell}")
    assert found["params"] == nb201.parameters(cell)
    assert counted(capsys, "--config.space.name=s2", "--config.genotype=DARTS_V2")["params"] == 3_349_342


def test_a_space_of_ones_own_is_counted(capsys, tmp_path, monkeypatch):
    (tmp_path / "counted_space.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    space = named_space("counted_space:space")
    genotype = space.sample(np.random.default_rng(0))
    (tmp_path / "genotype.json").write_text(json.dumps(genotype.document()))
    arguments = ("--config.space.name=counted_space:space", f"--config.genotype={tmp_path / 'genotype.json'}")
    assert counted(capsys, *arguments)["params"] == space.network(genotype, Scale()).params()


@pytest.mark.parametrize(
    ("space", "genotype", "expected"),
    [
        ("darts9", "DARTS_V2", "--config.space.name='darts9'"),
        ("nb201", "DARTS_V2", "topologies of one cell; this one has cells normal, reduce"),
        ("darts", "|skip_connect~0|", "--config.genotype="),
    ],
)
def test_what_is_no_space_or_no_architecture_of_it_is_named(capsys, space, genotype, expected):
    with pytest.raises(SettingsError, match=expected.replace("|", "[|]")):
        counted(capsys, f"--config.space.name={space}", f"--config.genotype={genotype}")
