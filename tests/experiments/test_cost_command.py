"""``python -m experiments.cost``: figures as JSON and as a table, wrong input named."""

import json
import pathlib
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from dartsx.spaces import published, to_text
from experiments import cost
from experiments.settings import SettingsError, parse_config

ROOT = pathlib.Path(__file__).resolve().parents[2]
DARTS_V2 = {"params": 3_349_342, "macs": 528_359_040}


@pytest.fixture(scope="module", autouse=True)
def parsed():
    # Not by parsing: other entry points may have been imported, and their flags are required.
    flags.FLAGS.mark_as_parsed()


def run(*arguments, form="json"):
    """What the command does after absl has read its own flags."""
    with flagsaver.flagsaver(format=form):
        cost.main(parse_config(["cost", *arguments], "cost.py").config)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], DARTS_V2),
        (["--config.network=cifar", "--config.genotype=darts-v2"], DARTS_V2),
        (["--config.network=imagenet"], {"params": 4_718_752, "macs": 529_911_552}),
        (["--config.network=supernet"], {"params": 1_930_618, "macs": 300_255_744}),
    ],
)
def test_json_holds_parameters_and_multiply_adds(capsys, arguments, expected):
    run(*arguments)
    assert json.loads(capsys.readouterr().out) == expected


def test_multiply_adds_grow_with_the_image(capsys):
    run("--config.image_size=64")
    large = json.loads(capsys.readouterr().out)
    assert large["params"] == DARTS_V2["params"]
    linear = 576 * 10  # of the classifier, for any size
    assert large["macs"] - linear == 4 * (DARTS_V2["macs"] - linear)


def test_a_file_is_a_genotype_too(capsys, tmp_path):
    (tmp_path / "cells.txt").write_text(to_text(published("DARTS_V2")))
    run(f"--config.genotype={tmp_path / 'cells.txt'}")
    assert json.loads(capsys.readouterr().out) == DARTS_V2


def test_the_table_has_a_line_per_group_and_totals(capsys):
    run(form="table")
    out = capsys.readouterr().out
    for text in ("cifar, DARTS_V2, 32x32", "stem", "cell19", "classifier", "5,770"):
        assert text in out
    assert "3,349,342" in out
    assert "528,359,040" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config.network=mnist"], ["--config.network='mnist'", "cifar, imagenet, supernet"]),
        (["--config.genotype=DARTS_V3"], ["--config.genotype='DARTS_V3'", "'DARTS_V2'", "NASNet"]),
        (["--config.genotype="], ["--config.genotype=''", "no genotype"]),
        (["--config.image_size=30"], ["--config.image_size=30", "1/4", "4, 8, 12"]),
        (["--config.image_size=-4"], ["--config.image_size=-4", "0 or more"]),
        (
            ["--config.network=imagenet", "--config.image_size=100"],
            ["--config.image_size=100", "1/32", "32, 64, 96"],
        ),
        (
            ["--config.network=supernet", "--config.image_size=6"],
            ["--config.image_size=6", "4, 8, 12"],
        ),
        (["--config.layers=3"], ["--config.layers=3", "genotype, image_size, network"]),
    ],
)
def test_wrong_input_is_refused_with_field_value_and_choices(arguments, expected):
    with pytest.raises(SettingsError) as caught:
        run(*arguments)
    missing = [text for text in expected if text not in str(caught.value)]
    assert not missing, f"{missing} not in: {caught.value}"


def command(*arguments):
    call = [sys.executable, "-m", "experiments.cost", *arguments]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True)


def test_the_command_prints_one_line_of_json():
    done = command("--config.genotype=DARTS_V2", "--config.image_size=32", "--format=json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == DARTS_V2


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--config.network=mnist", "cifar, imagenet, supernet"),
        ("--config.image_size=30", "4, 8, 12"),
        ("--format=xml", "table"),
    ],
)
def test_the_command_ends_with_one_line_and_no_traceback(argument, expected):
    done = command(argument)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
