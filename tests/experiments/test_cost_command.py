"""``python -m experiments.cost``: figures as JSON and as a table, wrong input named."""

import json
import pathlib
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from dartsx.experiments import cost
from dartsx.experiments.settings import SettingsError, parse_config
from dartsx.spaces import published

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPOLOGY = "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"
DARTS_V2 = {"params": 3_349_342, "macs": 528_359_040}


@pytest.fixture(scope="module", autouse=True)
def parsed():
    # Not by parsing: other entry points may have been imported, and their flags are required.
    flags.FLAGS.mark_as_parsed()


def run(*arguments, form="json", **settings):
    """What the command does after absl has read its own flags."""
    with flagsaver.flagsaver(format=form, **settings):
        cost.main(parse_config(["cost", *arguments], "cost.py").config)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], DARTS_V2),
        (["--config.network=cifar", "--config.genotype=darts-v2"], DARTS_V2),
        (["--config.network=imagenet"], {"params": 4_718_752, "macs": 529_911_552}),
        (["--config.network=supernet"], {"params": 1_930_618, "macs": 300_255_744}),
        (["--config.network=MobileNet-V2"], {"params": 3_504_872, "macs": 300_774_272}),
        (["--config.network=ofa-note8-22"], {"params": 4_304_592, "macs": 67_196_888}),
        (["--config.network=imagenet:DARTS_V2"], {"params": 4_718_752, "macs": 529_911_552}),
        (["--config.network=nb201", f"--config.genotype={TOPOLOGY}"], {"params": 73_306 + 2 * 243_040 + 28_000}),
    ],
)
def test_json_holds_parameters_and_multiply_adds(capsys, arguments, expected):
    run(*arguments)
    printed = json.loads(capsys.readouterr().out)
    assert {key: printed[key] for key in expected} == expected


def test_json_holds_activations_and_peak_memory_in_bytes(capsys):
    run("--config.network=mobilenet_v2", "--config.image_size=224")
    assert json.loads(capsys.readouterr().out) == {
        "network": "mobilenet_v2",
        "image_size": 224,
        "params": 3_504_872,
        "macs": 300_774_272,
        "activations": 6_679_112,
        "peak_memory_bytes": 4 * (96 * 112**2 + 96 * 56**2),
    }


def test_multiply_adds_grow_with_the_image(capsys):
    run("--config.image_size=64")
    large = json.loads(capsys.readouterr().out)
    assert large["params"] == DARTS_V2["params"]
    linear = 576 * 10  # of the classifier, for any size
    assert large["macs"] - linear == 4 * (DARTS_V2["macs"] - linear)


def test_a_file_is_a_genotype_too(capsys, tmp_path):
    (tmp_path / "cells.txt").write_text(str(published("DARTS_V2")))
    run(f"--config.genotype={tmp_path / 'cells.txt'}")
    assert json.loads(capsys.readouterr().out)["params"] == DARTS_V2["params"]


def test_a_described_network_has_a_line_per_layer_or_group(capsys):
    run("--config.network=mobilenet_v2", "--config.image_size=224", form="table")
    out = capsys.readouterr().out
    for text in ("mobilenet_v2, 224x224", "stage2/block0/depthwise", "56x56x96", "300,774,272", "MiB"):
        assert text in out
    run("--config.network=mobilenet_v2", form="table", rows="groups")
    out = capsys.readouterr().out
    assert "stage7" in out and "depthwise" not in out


@pytest.mark.parametrize("text", ["resnet18,cifar,alexnet", "('resnet18', 'cifar', 'alexnet')"])
def test_several_names_are_compared_each_at_its_own_size(capsys, text):
    run(f"--config.network={text}")
    printed = json.loads(capsys.readouterr().out)
    assert [(row["network"], row["image_size"]) for row in printed] == [
        ("resnet18", 224),
        ("cifar, DARTS_V2", 32),
        ("alexnet", 224),
    ]
    run(f"--config.network={text}", form="table")
    out = capsys.readouterr().out
    assert "cifar, DARTS_V2" in out and "61,100,840" in out and "11,689,512" in out


def test_latency_is_measured_where_it_is_asked_for(capsys, monkeypatch):
    import dartsx.cost.latency

    def measured(module, size, batch, repeats):
        assert (module.description.name, size) == ("squeezenet1_1", 64)
        return dartsx.cost.latency.Latency(0.002, 0.001, 0.004, repeats, batch, "a device")

    monkeypatch.setattr(dartsx.cost.latency, "measure_latency", measured)
    arguments = ("--config.network=squeezenet1_1", "--config.image_size=64")
    run(*arguments, latency=True, batch=3, repeats=5)
    assert json.loads(capsys.readouterr().out)["latency"] == {
        "median_ms": 2.0,
        "low_ms": 1.0,
        "high_ms": 4.0,
        "repeats": 5,
        "batch": 3,
        "device": "a device",
    }
    run(*arguments, latency=True, batch=3, repeats=5, form="table")
    assert "latency: 2 ms (1 to 4), batch 3, 5 calls, a device" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config.network=lstm"],
        ["--config.network=resnet18,lstm"],
        ["--config.space.name=recurrent", "--config.genotype=recurrent:DARTS_V2"],
    ],
)
def test_latency_of_networks_that_read_words_is_refused(arguments):
    with pytest.raises(SettingsError, match="--latency: .* reads words; images alone are timed"):
        run(*arguments, latency=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"batch": "4"}, "--batch needs --latency"),
        ({"runs": "runs/a"}, "--runs needs --plot"),
        ({"dataset": "x"}, "--dataset needs --plot"),
    ],
)
def test_flags_that_mean_nothing_without_another_are_refused(given, message):
    with flagsaver.as_parsed(**given), pytest.raises(SettingsError, match=message):
        cost.main(parse_config(["cost"], "cost.py").config)


def test_the_plot_is_written_beside_the_figures(capsys, tmp_path):
    run("--config.network=resnet50,supernet", plot=str(tmp_path / "new" / "costs.svg"))
    text = (tmp_path / "new" / "costs.svg").read_text()
    assert text.startswith("<svg") and text.rstrip().endswith("</svg>")
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 2 and "costs.svg" in err


def test_a_plot_without_results_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="nothing to draw: no result on mnist"):
        run("--config.network=resnet50", plot=str(tmp_path / "costs.svg"), dataset="mnist")


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
        (["--config.network=mnist"], ["--config.network='mnist'", "cifar, imagenet, nb201, supernet"]),
        (["--config.network=resnet51"], ["no network 'resnet51'", "did you mean resnet", "supernet, alexnet"]),
        (["--config.network=cifar:DARTS_V9"], ["--config.network='cifar:DARTS_V9'", "DARTS_V2"]),
        (["--config.network=,"], ["no network; choose one of cifar"]),
        (["--config.network=alexnet", "--config.image_size=8"], ["--config.image_size=8", "alexnet on images of 8x8"]),
        (["--config.genotype=DARTS_V3"], ["--config.genotype='DARTS_V3'", "'DARTS_V2'", "NASNet"]),
        (["--config.genotype="], ["--config.genotype=''", "no genotype"]),
        (["--config.image_size=30"], ["--config.image_size=30", "1/4", "4, 8, 12"]),
        (["--config.image_size=-4"], ["--config.image_size=-4", "0 or more"]),
        (
            ["--config.network=imagenet", "--config.image_size=100"],
            ["--config.image_size=100", "1/32", "32, 64, 96"],
        ),
        (
            [f"--config.genotype={TOPOLOGY}"],
            ["--config.network='cifar'", "a topology, for which the network is nb201"],
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
    assert json.loads(done.stdout)["macs"] == DARTS_V2["macs"]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--config.network=mnist", "cifar, imagenet, nb201, supernet"),
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
