"""A network by name trains as a baseline, and stands in the report beside derived cells."""

import csv
import json

import pytest

from dartsx.catalog import UNUSED, experiment
from dartsx.experiments.jobs import run_evaluate
from dartsx.experiments.settings import parse_config
from dartsx.networks import names, network
from dartsx.networks.reference import rows
from dartsx.report import write_report
from dartsx.report.settings import describe, varying


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A finished evaluation of two steps on digits."""
    given = ["--config.network=ResNet-20", "--config.evaluate.epochs=1", "--config.evaluate.max_steps=2"]
    config = parse_config(["program", *given, "--config.evaluate.form=plain", "--config.compilation_cache="]).config
    folder = tmp_path_factory.mktemp("runs") / "baseline"
    assert run_evaluate(config, folder)
    return folder


def test_the_result_names_the_network_and_its_exact_costs(workdir):
    result = json.loads((workdir / "result.json").read_text())
    assert result["genotype_name"] == "resnet20" and result["search"] is None
    described, shape = network("resnet20", 10), (12, 12, 1)
    assert (result["params"], result["macs"]) == (described.params(shape), described.macs(shape))
    assert 0 <= result["test_error"] <= 100
    assert not (workdir / "genotype.json").exists()
    assert json.loads((workdir / "config.json").read_text())["network"] == "ResNet-20"


def test_the_report_has_its_row(workdir, tmp_path):
    paths = write_report([workdir], tmp_path / "report")
    with open(paths.table_csv, newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["method"] == "resnet20"]
    assert (row["origin"], row["n"], row["settings"]) == ("retrained here", "1", "")
    assert "Training: resnet20" in paths.markdown.read_text()


def test_settings_of_a_genotypes_network_do_not_set_it_apart(workdir):
    given = experiment(json.loads((workdir / "config.json").read_text()))
    other = given | {"evaluate.layers": "20", "evaluate.channels": "36"}
    assert given["evaluate.layers"] == UNUSED and varying([given, given | {"evaluate.layers": "20"}]) == ()
    assert describe(given, varying([given, other, other | {"evaluate.layers": "8"}])) == ""


def test_the_plot_draws_it_on_its_data_and_says_where_it_is_not(workdir, tmp_path, python):
    command = ("-m", "experiments.cost", "--config.network=resnet20", f"--runs={workdir}")
    process = python(*command, f"--plot={tmp_path / 'digits.svg'}", "--dataset=digits")
    assert process.returncode == 0 and "resnet20 (n=1, digits)" in (tmp_path / "digits.svg").read_text()
    process = python(*command, f"--plot={tmp_path / 'cifar.svg'}")
    assert "--runs: none is on CIFAR-10; they are on digits, which --dataset can name" in process.stderr


def test_the_command_lists_every_network_beside_its_reference(python):
    process = python("-m", "experiments.networks", "--format=markdown")
    assert process.returncode == 0, process.stderr
    header, _, *lines = process.stdout.splitlines()
    assert header.startswith("| network | pixels | parameters | multiply-adds |")
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == list(names())
    assert "| amoebanet_a_6_448 | 299 | 468,151,184 | 103,887,693,968 | 469 / 104e3 | 1 / 0 |" in process.stdout
    assert "| resnet50 | 224 | 25,557,032 | 4,089,184,256 | 25.557032 / 4089.184256 | 0 / 0 |" in process.stdout


def test_the_table_fits_80_columns_and_loses_nothing(python):
    out = python("-m", "experiments.networks", COLUMNS="40").stdout  # a narrow window hides nothing either
    assert max(map(len, out.splitlines())) <= 80
    for row in rows():
        for text in (row.name, row.params_m, row.macs_m, f"{row.params:,}", f"{row.macs:,}", *row.source.split()):
            assert text in out
