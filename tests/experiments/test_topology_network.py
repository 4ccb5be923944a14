"""A topology trains in the network of NAS-Bench-201, from its string or a search's folder, and stands in the report."""

import json

import pytest

from dartsx.cost import network_cost
from dartsx.experiments import run as pipeline
from dartsx.experiments.jobs import run_evaluate
from dartsx.experiments.settings import SettingsError, parse_config
from dartsx.nn import TopologyNetwork
from dartsx.report import write_report
from dartsx.spaces import topology_from_string

TEXT = "|nor_conv_1x1~0|"
GIVEN = (
    "--config=configs/nb201.py",
    "--config.dataset.name=digits",
    "--config.compilation_cache=",
    "--config.evaluate.epochs=1",
    "--config.evaluate.max_steps=2",
    "--config.evaluate.batch_size=16",
    "--config.evaluate.channels=2",
    "--config.evaluate.layers=1",
)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A finished evaluation of two steps on digits."""
    folder = tmp_path_factory.mktemp("runs") / "topology"
    assert run_evaluate(parse_config(["program", *GIVEN, f"--config.genotype={TEXT}"]).config, folder)
    return folder


def test_the_result_has_the_exact_costs(workdir):
    result = json.loads((workdir / "result.json").read_text())
    cost = network_cost(TopologyNetwork(topology_from_string(TEXT), 2, 1).description, (12, 12, 1))
    assert (result["params"], result["macs"]) == (cost.params, cost.macs)
    assert 0 <= result["test_error"] <= 100
    assert json.loads((workdir / "config.json").read_text())["genotype"] == TEXT


def test_the_report_has_its_row(workdir, tmp_path):
    paths = write_report([workdir], tmp_path / "report")
    assert TEXT in paths.markdown.read_text().replace("\\|", "|")


def test_a_pipeline_names_a_wrong_network_or_baseline_before_it_searches():
    def check(baseline, *arguments):
        pipeline.check(parse_config(["program", *GIVEN, *arguments]).config, baseline)

    check(TEXT)
    check("resnet20")
    with pytest.raises(SettingsError, match="config.evaluate.network='cifar': the genotype is a topology"):
        check(TEXT, "--config.evaluate.network=cifar")
    with pytest.raises(SettingsError, match="--baseline=.*: --config.evaluate.network='nb201': .*two kinds of cell"):
        check("NASNet-A")
