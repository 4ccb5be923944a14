"""Wrong configs end before anything is compiled, with a message that says what to change."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import pytest

from dartsx.experiments.settings import (
    SettingsError,
    check_against_data,
    evaluate_settings,
    parse_config,
    search_settings,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Data:
    """What a run finds: images, classes, devices."""

    shape: tuple[int, ...] = (32, 32, 3)
    train_size: int = 50_000
    classes: int = 10
    devices: int = 1


CIFAR = Data()
DIGITS = Data((12, 12, 1), 1437)
SEARCH, EVALUATE = "search", "evaluate"

# (command, arguments, data, what the message must hold)
CASES = {
    # Names.
    "unknown group": (
        SEARCH, "--config.serch.epochs=3", CIFAR,
        ["--config.serch.epochs=3", "no field 'serch.epochs'", "did you mean search.epochs", "seed"],
    ),
    "unknown field": (
        SEARCH, "--config.search.epoch=3", CIFAR,
        ["--config.search.epoch=3", "no field 'epoch'", "did you mean search.epochs", "remat"],
    ),
    "field without its group": (
        SEARCH, "--config.epochs=3", CIFAR,
        ["--config.epochs=3", "search.epochs", "evaluate.epochs"],
    ),
    "field inside a field": (
        SEARCH, "--config.seed.first=3", CIFAR, ["--config.seed.first=3", "no field 'seed.first'"],
    ),
    "group as a field": (
        SEARCH, "--config.search.alphas=3", CIFAR,
        ["--config.search.alphas=3", "is a group", "search.alphas.beta1"],
    ),
    "no such config": (
        SEARCH, "--config=configs/cifar11.py", CIFAR,
        ["--config=configs/cifar11.py", "no such file", "did you mean cifar10 or cifar100? ", "imagenet"],
    ),
    "config without a name": (SEARCH, "--config", CIFAR, ["--config=", "no such file"]),
    "no such space": (
        SEARCH, "--config.space.name=nb101", CIFAR,
        ["--config.space.name='nb101'", "did you mean 'nb201'", "darts, nb201, s1, s2, s3, s4"],
    ),
    "a fixed space changed": (
        SEARCH, "--config.space.name=s2 --config.space.nodes=3", CIFAR,
        ["--config.space.nodes=3", "can be set for --config.space.name=darts only", "s2 has its own"],
    ),
    "a topology in a network of cells": (
        EVALUATE, "--config.genotype=|skip_connect~0| --config.evaluate.network=cifar", CIFAR,
        ["--config.evaluate.network='cifar'", "the genotype is a topology, for which the network is nb201"],
    ),
    "cells in the network of a topology": (
        EVALUATE, "--config=configs/nb201.py --config.genotype=DARTS_V2", CIFAR,
        ["--config.evaluate.network='nb201'", "two kinds of cell, for which the network is cifar or imagenet"],
    ),
    "an auxiliary head where there is none": (
        EVALUATE,
        "--config=configs/nb201.py --config.genotype=|skip_connect~0| --config.evaluate.auxiliary=True", CIFAR,
        ["--config.evaluate.auxiliary=True", "has no auxiliary head; set False"],
    ),
    "images too small for the network of a topology": (
        EVALUATE, "--config=configs/nb201.py --config.genotype=|skip_connect~0|", Data((6, 6, 3)),
        ["are 6x6", "nb201 halves them until 1/4 is left"],
    ),
    "images too small for three stages": (
        SEARCH, "--config.space.name=nb201 --config.search.layers=1", Data((6, 6, 3)), ["are 6x6", "1/4 is left"],
    ),
    # Types.
    "word for an integer": (
        SEARCH, "--config.search.epochs=abc", CIFAR,
        ["--config.search.epochs='abc'", "must be an integer"],
    ),
    "fraction for an integer": (
        SEARCH, "--config.search.epochs=1.5", CIFAR,
        ["--config.search.epochs='1.5'", "must be an integer"],
    ),
    "word for a number": (
        SEARCH, "--config.search.weights.clip=a:b", CIFAR,
        ["--config.search.weights.clip='a:b'", "must be a number"],
    ),
    "word for a switch": (
        EVALUATE, "--config.evaluate.auxiliary=maybe", CIFAR,
        ["--config.evaluate.auxiliary='maybe'", "True or False"],
    ),
    "switch for an integer": (
        SEARCH, "--noconfig.search.epochs", CIFAR, ["--noconfig.search.epochs", "True or False"],
    ),
    "no value": (SEARCH, "--config.seed", CIFAR, ["--config.seed", "Missing value"]),
    "words for a tuple": (
        SEARCH, "--config.space.primitives=a b", CIFAR,
        ["--config.space.primitives='a b'", "must be a tuple"],
    ),
    "unquoted names": (
        SEARCH, "--config.space.primitives=none,skip_connect", CIFAR,
        ["--config.space.primitives=none,skip_connect", "('none', 'skip_connect')"],
    ),
    "numbers for names": (
        SEARCH, "--config.space.primitives=(1, 2)", CIFAR,
        ["--config.space.primitives=(1, 2)", "names only"],
    ),
    # Choices.
    "unknown primitive": (
        SEARCH, "--config.space.primitives=('none', 'skip_conect')", CIFAR,
        ["--config.space.primitives", "'skip_conect'", "did you mean 'skip_connect'", "sep_conv_3x3"],
    ),
    "primitive twice": (
        SEARCH, "--config.space.primitives=('none', 'none')", CIFAR,
        ["--config.space.primitives", "more than once"],
    ),
    "unknown remat": (
        SEARCH, "--config.search.remat=cel", CIFAR,
        ["--config.search.remat='cel'", "did you mean cell", "choose one of '' (automatic), none, branch, cell"],
    ),
    "unknown layout": (
        SEARCH, "--config.search.layout=nhwc", CIFAR,
        ["--config.search.layout='nhwc'", "channel_major, pixel_major"],
    ),
    "layout without forms": (
        SEARCH, "--config.search.layout=pixel_major --config.search.form=taps", CIFAR,
        ["--config.search.layout='pixel_major'", "--config.search.form=taps", "channel_major alone"],
    ),
    "unknown form": (
        SEARCH, "--config.search.form=sparse", CIFAR,
        ["--config.search.form='sparse'", "plain, dense, rows"],
    ),
    "unknown dtype": (
        SEARCH, "--config.dtype=float16", CIFAR, ["--config.dtype='float16'", "float32, bfloat16"],
    ),
    "unknown hypergradient": (
        SEARCH, "--config.hypergradient=second_order", CIFAR,
        ["--config.hypergradient='second_order'", "first_order, finite_difference, exact"],
    ),
    "unknown method": (
        SEARCH, "--config.method=pdarts", CIFAR,
        ["--config.method='pdarts'", "did you mean p_darts", "choose one of darts, gdas", "joined by '+'"],
    ),
    "two relaxations": (
        SEARCH, "--config.method=gdas+snas", CIFAR,
        ["--config.method='gdas+snas'", "gdas and snas both decide the relaxation"],
    ),
    "second order on one level": (
        SEARCH, "--config.method=snas --config.hypergradient=exact", CIFAR,
        ["--config.hypergradient='exact'", "--config.method=snas", "first_order"],
    ),
    "terms where there are none": (
        SEARCH, "--config.hypergradient_terms=2", CIFAR,
        ["--config.hypergradient_terms=2", "--config.hypergradient=first_order", "neumann"],
    ),
    "a population that stops early": (
        SEARCH, "--config.method=darts_plus --config.population=2", CIFAR,
        ["--config.population=2", "--config.method=darts_plus", "one by one"],
    ),
    "partial channels one edge after the other": (
        SEARCH, "--config.method=pc_darts --config.search.remat=branch", CIFAR,
        ["--config.search.remat='branch'", "--config.method=pc_darts", "none or cell"],
    ),
    "cells computed again where there are none": (
        SEARCH, "--config.space.name=digit_chain --config.search.remat=cell", CIFAR,
        ["--config.search.remat='cell'", "the supernet of --config.space.name=digit_chain", "none, branch"],
    ),
    "option of a method out of bounds": (
        SEARCH, "--config.methods.gdas.temperature_end=0", CIFAR,
        ["--config.methods.gdas.temperature_end=0", "above 0"],
    ),
    "option of another method": (
        SEARCH, "--config.methods.drnas.temperature_end=1", CIFAR,
        ["--config.methods.drnas.temperature_end=1", "did you mean", "methods.gdas.temperature_end"],
    ),
    "unknown method behind the file": (
        SEARCH, "--config=configs/cifar10.py:pdarts", CIFAR,
        ["--config.method='pdarts'", "choose one of darts"],
    ),
    "unknown named network": (
        EVALUATE, "--config.network=resnet19", CIFAR,
        ["--config.network='resnet19'", "did you mean resnet18", "allowed: alexnet", "vgg19_bn"],
    ),
    "named network on images that are too small": (
        EVALUATE, "--config.network=VGG-11 --config.evaluate.augment.crop_padding=1 "
        "--config.evaluate.augment.cutout=1", DIGITS,
        ["--config.network='vgg11'", "images of 12x12", "stage4/block2/pool", "too small"],
    ),
    "form of cells for a named network": (
        EVALUATE, "--config.network=resnet18 --config.evaluate.form=rows", CIFAR,
        ["--config.evaluate.form='rows'", "--config.network=resnet18", "plain, taps, dense"],
    ),
    "recomputed cells of a named network": (
        EVALUATE, "--config.network=resnet18 --config.evaluate.remat=cell", CIFAR,
        ["--config.evaluate.remat='cell'", "--config.network=resnet18", "leave it empty"],
    ),
    "unknown network": (
        EVALUATE, "--config.evaluate.network=mnist", CIFAR,
        ["--config.evaluate.network='mnist'", "cifar, imagenet"],
    ),
    "unknown schedule": (
        EVALUATE, "--config.evaluate.schedule=step", CIFAR,
        ["--config.evaluate.schedule='step'", "cosine, linear, exponential"],
    ),
    "unknown genotype": (
        EVALUATE, "--config.genotype=DARTS_V3", CIFAR,
        ["--config.genotype='DARTS_V3'", "did you mean 'DARTS_V2'", "NASNet-A"],
    ),
    "damaged genotype": (
        EVALUATE, "--config.genotype=Genotype(normal=[('skip', 0)])", CIFAR,
        ["--config.genotype", "line 1, column 1", "missing normal_concat, reduce, reduce_concat"],
    ),
    "no genotype": (
        EVALUATE, "--config.genotype=", CIFAR, ["--config.genotype=''", "work directory of a search"],
    ),
    # Bounds.
    "no epochs": (
        SEARCH, "--config.search.epochs=0", CIFAR, ["--config.search.epochs=0", "1 or more"],
    ),
    "negative seed": (SEARCH, "--config.seed=-1", CIFAR, ["--config.seed=-1", "from 0 to"]),
    "no learning rate": (
        SEARCH, "--config.search.weights.learning_rate=0", CIFAR,
        ["--config.search.weights.learning_rate=0", "above 0"],
    ),
    "rate that is no number": (
        SEARCH, "--config.search.weights.learning_rate=nan", CIFAR,
        ["--config.search.weights.learning_rate=nan", "finite"],
    ),
    "everything dropped": (
        EVALUATE, "--config.evaluate.drop_path=1.0", CIFAR,
        ["--config.evaluate.drop_path=1.0", "from 0 to below 1"],
    ),
    "negative cutout": (
        EVALUATE, "--config.evaluate.augment.cutout=-2", CIFAR,
        ["--config.evaluate.augment.cutout=-2", "0 or more"],
    ),
    "no dataset": (SEARCH, "--config.dataset.name=", CIFAR, ["--config.dataset.name=''", "given"]),
    "no node": (SEARCH, "--config.space.nodes=0", CIFAR, ["--config.space.nodes=0", "allowed: 1"]),
    "three edges kept": (
        SEARCH, "--config.space.edges_kept=3", CIFAR,
        ["--config.space.edges_kept=3", "allowed: 1 or 2"],
    ),
    # Combinations.
    "smallest above largest rate": (
        SEARCH, "--config.search.weights.learning_rate=0.0001", CIFAR,
        ["--config.search.weights.learning_rate_min=0.001", "--config.search.weights.learning_rate="],
    ),
    "alphas never move": (
        SEARCH, "--config.search.alphas.warmup_epochs=50", CIFAR,
        ["--config.search.alphas.warmup_epochs=50", "--config.search.epochs=50"],
    ),
    "warmup without end": (
        EVALUATE, "--config.evaluate.warmup_epochs=600", CIFAR,
        ["--config.evaluate.warmup_epochs=600", "--config.evaluate.epochs=600"],
    ),
    "exponential with a lower end": (
        EVALUATE,
        "--config.evaluate.schedule=exponential --config.evaluate.learning_rate_min=0.001", CIFAR,
        ["--config.evaluate.learning_rate_min=0.001", "exponential", "cosine or linear"],
    ),
    "odd width on ImageNet": (
        EVALUATE, "--config.evaluate.network=imagenet --config.evaluate.channels=35", CIFAR,
        ["--config.evaluate.channels=35", "even", "34 or 36"],
    ),
    # Data and devices.
    "batch over three devices": (
        SEARCH, "", Data(devices=3), ["--config.search.batch_size=64", "3 devices", "63 or 66"],
    ),
    "small batch over many devices": (
        EVALUATE, "--config.evaluate.batch_size=4", Data(devices=8),
        ["--config.evaluate.batch_size=4", "8 devices", "nearest: 8"],
    ),
    "more devices than there are": (
        SEARCH, "--config.mesh=8", Data(devices=4), ["--config.mesh=8", "choose 1 to 4"],
    ),
    # Populations.
    "no member": (
        SEARCH, "--config.population=0", CIFAR, ["--config.population=0", "1 or more"],
    ),
    "seeds beyond the last": (
        SEARCH, "--config.population=8 --config.seed=2147483641", CIFAR,
        ["--config.population=8", "8 seeds", "2147483648", "2147483647"],
    ),
    "chunk larger than the population": (
        SEARCH, "--config.population=4 --config.population_chunk=5", CIFAR,
        ["--config.population_chunk=5", "--config.population=4"],
    ),
    "members over three devices": (
        SEARCH, "--config.population=8", Data(devices=3),
        ["--config.population=8", "3 devices", "6 or 9", "--config.mesh"],
    ),
    "chunk that leaves a rest": (
        SEARCH, "--config.population=12 --config.population_chunk=4", Data(devices=2),
        ["--config.population_chunk=4", "6 members of a device", "1, 2, 3, 6", "0 for all"],
    ),
    "rates for fewer members": (
        SEARCH, "--config.population=3 --config.members.alphas.learning_rate=(0.1,0.2)", CIFAR,
        ["--config.members.alphas.learning_rate=(0.1, 0.2)", "2 value(s)", "3 members"],
    ),
    "rates for a single search": (
        SEARCH, "--config.members.alphas.learning_rate=(0.1,)", CIFAR,
        ["--config.members.alphas.learning_rate", "--config.population=2", "--config.search.alphas.learning_rate"],
    ),
    "a rate of zero": (
        SEARCH, "--config.population=2 --config.members.alphas.learning_rate=(0.1,0)", CIFAR,
        ["--config.members.alphas.learning_rate=(0.1, 0)", "every value", "above 0"],
    ),
    "names for rates": (
        SEARCH, "--config.population=1 --config.members.alphas.learning_rate=('a',)", CIFAR,
        ["--config.members.alphas.learning_rate=('a',)", "finite numbers only", "'a'"],
    ),
    "batch larger than the weights' half": (
        SEARCH, "", Data(train_size=100), ["--config.search.batch_size=64", "50 images", "weights"],
    ),
    "batch larger than the alphas' part": (
        SEARCH, "--config.search.train_fraction=0.9", Data(train_size=200),
        ["--config.search.batch_size=64", "20 images", "alphas", "train_fraction=0.9"],
    ),
    "empty part": (
        SEARCH, "--config.search.train_fraction=0.001", Data(train_size=500),
        ["--config.search.train_fraction=0.001", "no image of 500", "weights"],
    ),
    "batch larger than the data": (
        EVALUATE, "", Data(train_size=50), ["--config.evaluate.batch_size=96", "50 training examples"],
    ),
    "image not divisible": (
        SEARCH, "", Data((30, 30, 3)),
        ["--config.dataset.image_size=0", "cifar10 are 30x30", "must be 4, 8, 12"],
    ),
    "image too small": (
        SEARCH, "--config.dataset.image_size=2", Data((2, 2, 3)),
        ["--config.dataset.image_size=2", "too small", "2x2", "must be 4"],
    ),
    "width not divisible": (EVALUATE, "", Data((32, 34, 3)), ["32x34", "must be 4, 8, 12"]),
    "small image for ImageNet's stem": (
        EVALUATE, "--config.evaluate.network=imagenet", Data((16, 16, 3)),
        ["--config.dataset.image_size=0", "16x16 (too small", "1/32", "must be 32, 64, 96"],
    ),
    "small image for the auxiliary head": (
        EVALUATE, "", Data((28, 28, 3)),
        ["--config.evaluate.auxiliary=True", "7x7", "--config.evaluate.auxiliary=False"],
    ),
    "cutout larger than the image": (
        EVALUATE, "--config.evaluate.auxiliary=False", DIGITS,
        ["--config.evaluate.augment.cutout=16", "12x12", "below 12"],
    ),
    "padding larger than the image": (
        SEARCH, "--config.search.augment.crop_padding=12", DIGITS,
        ["--config.search.augment.crop_padding=12", "12x12", "below 12"],
    ),
    # Images that are read while training.
    "search on streamed images": (
        SEARCH, "--config=configs/imagenet.py", CIFAR,
        ["--config.dataset.stream=True", "a search keeps its images in memory", "set False"],
    ),
    "stream without a size": (
        EVALUATE, "--config.dataset.stream=True", CIFAR,
        ["--config.dataset.image_size=0", "--config.dataset.stream=True", "224"],
    ),
    "streamed arrays": (
        EVALUATE, "--config.dataset.stream --config.dataset.image_size=32 --config.dataset.name=a.npz",
        CIFAR, ["--config.dataset.stream=True", "--config.dataset.name=a.npz", "set False"],
    ),
    "colours of images in memory": (
        EVALUATE, "--config.evaluate.augment.jitter", CIFAR,
        ["--config.evaluate.augment.jitter=True", "--config.dataset.stream=True"],
    ),
    "classes of pixels without masks": (
        SEARCH, "--config.dataset.class_balance=0.5", CIFAR,
        ["--config.dataset.class_balance=0.5", "cifar10 is for classification", "set 0"],
    ),
    "one class": (
        SEARCH, "", Data(classes=1), ["--config.dataset.name='cifar10'", "1 class(es)"],
    ),
}  # fmt: skip


def run(command: str, arguments: list[str], data: Data) -> None:
    """All that an experiment does before it compiles."""
    if not any(argument.startswith("--config=") for argument in arguments):
        arguments = ["--config=configs/cifar10.py", "--config.genotype=DARTS_V2", *arguments]
    config = parse_config([command, *arguments]).config
    settings = search_settings(config) if command == SEARCH else evaluate_settings(config)
    check_against_data(settings, **dataclasses.asdict(data))


def split(arguments: str) -> list[str]:
    """Arguments at ' --', so that values may hold blanks."""
    return [f"--{part}" for part in f" {arguments}".split(" --")[1:]]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_wrong_config_is_refused_with_field_value_and_choices(case):
    command, arguments, data, expected = case
    with pytest.raises(SettingsError) as caught:
        run(command, split(arguments), data)
    missing = [text for text in expected if text not in str(caught.value)]
    assert not missing, f"{missing} not in: {caught.value}"
    assert "\n" not in str(caught.value).split("Genotype(")[0]


def test_the_table_has_25_cases_or_more():
    assert len(CASES) >= 25


@pytest.mark.parametrize("command", [SEARCH, EVALUATE])
def test_the_same_call_without_a_mistake_passes(command):
    run(command, [], CIFAR)


PROGRAM = """
import sys
from absl import flags
from dartsx.experiments.settings import run_main, search_settings
from dartsx.spaces import GenotypeError

WORKDIR = flags.DEFINE_string("workdir", None, "folder")

def main(config):
    settings = search_settings(config)
    if WORKDIR.value == "defect":
        raise ValueError("a defect")
    if WORKDIR.value == "bad":
        raise GenotypeError("no such cell")
    print(WORKDIR.value, settings.search.epochs, "jax" in sys.modules)

run_main(main)
"""


def start(folder, *arguments: str) -> subprocess.CompletedProcess:
    """Run an entry point in another folder than the repository's."""
    (folder / "program.py").write_text(PROGRAM)
    command = [sys.executable, "program.py", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_an_entry_point_reads_flags_from_any_folder_without_jax(tmp_path):
    done = start(tmp_path, "--workdir", "runs/a", "--config.search.epochs=7")
    assert (done.returncode, done.stdout) == (0, "runs/a 7 False\n"), done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config.search.remat=foo"], "choose one of '' (automatic), none, branch, cell (from the command line)"),
        (["--config=configs/cifar10.py:foo"], "joined by '+' (from configs/cifar10.py:foo)"),
        (["--config.search.epochs=abc"], "'abc': must be an integer (from the command line)"),
        (["--workdri=a"], "Unknown command line flag 'workdri'. Did you mean: workdir ?"),
        (["config.seed=3"], "unexpected argument 'config.seed=3': flags are written --name=value"),
        (["--workdir=bad"], "error: no such cell"),
    ],
)
def test_wrong_input_ends_an_entry_point_with_one_line_and_status_2(tmp_path, arguments, message):
    done = start(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_defect_keeps_its_traceback(tmp_path):
    done = start(tmp_path, "--workdir=defect")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "a defect" in done.stderr
