"""``python -m experiments.design``: draws, trains in both ways, compares, resumes."""

import json

import pytest

from dartsx.experiments.design import read_band
from dartsx.experiments.settings import SettingsError, evaluate_settings, load_config
from dartsx.experiments.settings.design import check_design
from dartsx.runtime import read_json

OWN = """
from dartsx.networks import Choice, Decision, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import Choices, DescribedSpace, Restriction, Scale, WrittenSpace
from dartsx.spaces.written_space import restricted


def write(scale):
    ops = {f"k{k}": ConvNorm(4, k, 3) for k in (1, 3)}
    body = tuple(Choice(f"op{i}", ops) for i in (1, 2))
    return Network("own", (ConvNorm(4, 3, 2),), (body,), (Classifier(scale.classes),), "a test", scale.pixels)


wide = DescribedSpace(write, Scale(image_size=12))
narrow = restricted(wide, Restriction(lambda chosen: "" if chosen["op1"] == "k1" else "op1 must be k1"))
only = Choices({"op1": "k1", "op2": "k1"})
one = WrittenSpace({"op1": Decision(("k1",))}, lambda chosen, scale: wide.network(only, scale))
"""
SPACES = "own:wide,own:narrow,own:one"
QUICK = ("--config.evaluate.epochs=1", "--config.evaluate.max_steps=2", "--config.compilation_cache=")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("design")
    (path / "own.py").write_text(OWN)
    return path


def design(python, quick_flags, folder, *more):
    given = ("-m", "experiments.design", f"--spaces={SPACES}", "--budget=4", "--workdir", folder / "run", *QUICK, *more)
    return python(*given, PYTHONPATH=str(folder), XLA_FLAGS=quick_flags)


def test_it_compares_spaces_and_trains_only_what_is_missing(folder, python, quick_flags):
    ran = design(python, quick_flags, folder)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "own:wide - own:narrow" in ran.stdout
    paths = sorted((folder / "run").glob("own-*/*/result.json"))
    assert [len(list((folder / "run").glob(f"own-{name}/*"))) for name in ("wide", "narrow", "one")] == [4, 2, 1]
    records = {path: read_json(path) for path in paths}
    assert {record["program"] for record in records.values()} == {"masked", "closed"}
    # All architectures of the enclosing space are there, and the restricted ones are among them.
    texts = {record["text"] for path, record in records.items() if "wide" in str(path)}
    assert len(texts) == 4 and {r["text"] for p, r in records.items() if "narrow" in str(p)} < texts

    document = json.loads((folder / "run" / "design.json").read_text())
    assert document["mean_error"]["own:wide"]["n"] == 4 and len(document["pairs"]) == 3
    page = (folder / "run" / "design.html").read_text()
    assert '<svg role="img"' in page and "own:narrow" in page

    ledger = (folder / "run" / "ledger.jsonl").read_text()
    assert ledger.count("finished") == 7
    again = design(python, quick_flags, folder)
    assert again.returncode == 0, again.stderr[-2000:]
    assert (folder / "run" / "ledger.jsonl").read_text() == ledger
    assert (folder / "run" / "design.json").read_text() == json.dumps(document, indent=1) + "\n"

    other = design(python, quick_flags, folder, "--macs=:1e9")
    assert other.returncode == 2 and "design.macs" in other.stderr


@pytest.mark.parametrize(("text", "band"), [("", (0, float("inf"))), ("2e4:6e4", (2e4, 6e4)), (":5", (0, 5))])
def test_bands(text, band):
    assert read_band(text) == band


@pytest.mark.parametrize("text", ["5", "a:b", "6:5", "-1:5"])
def test_what_is_no_band_is_named(text):
    with pytest.raises(SettingsError, match=f"--macs={text}: must be LOW:HIGH"):
        read_band(text)


@pytest.mark.parametrize(
    ("config", "fields", "message"),
    [
        ("text", {}, "dataset.name='python_docs': dartsx design compares spaces by classification"),
        ("scenes", {}, "dataset.name='digit_scenes': dartsx design compares"),
        ("nas_fpn_small", {}, "dataset.name='digit_boxes': dartsx design compares"),
        ("super_resolution", {}, "dataset.upscale=2: dartsx design trains"),
        (
            "design",
            {"evaluate.initial_weights": "a.pt", "evaluate.epochs": 0},
            "evaluate.initial_weights='a.pt': dartsx",
        ),
        ("design", {"evaluate.auxiliary": True}, "evaluate.auxiliary=True: dartsx design"),
        ("design", {"evaluate.drop_path": 0.1}, "evaluate.drop_path=0.1: dartsx design"),
        ("design", {"dataset.stream": True, "dataset.image_size": 12}, "dataset.stream=True: dartsx design"),
        ("design", {"network": "resnet18_cifar"}, "network='resnet18_cifar': dartsx design"),
        ("design", {"genotype": "DARTS_V2"}, "genotype='DARTS_V2': dartsx design"),
        ("design", {"evaluate.form": "rows"}, "evaluate.form='rows': not a form for a described network"),
    ],
)
def test_what_a_comparison_does_not_do_is_refused(config, fields, message):
    given = load_config(config).copy_and_resolve_references().unlock()
    given.update_from_flattened_dict(fields)
    with pytest.raises(SettingsError, match=f"--config.{message}"):
        check_design(evaluate_settings(given, need_genotype=False))


def test_the_config_of_the_command_is_accepted():
    check_design(evaluate_settings(load_config("design"), need_genotype=False))
