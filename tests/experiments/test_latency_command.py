"""The table of a space of a user's own: measured, stopped, resumed, and used by a search."""

import csv
import dataclasses
import json

import pytest

from dartsx.configs.latency import get_config
from dartsx.cost import read_table
from dartsx.experiments.jobs.latency import run_latency
from dartsx.experiments.latency import LatencySettings
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.settings.read import read_group
from dartsx.nn import supernet_of
from dartsx.runtime import StopRequest
from dartsx.search import Task, compose
from dartsx.search.bound import Bound, bounded
from dartsx.spaces import named_space

SPACE = """
from dartsx.networks import Choice, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import DescribedSpace, Scale

OPTIONS = {"k1": ConvNorm(4, 1), "k3": ConvNorm(4, 3), "skip": None}
STAGES = (tuple(Choice(f"op{i}", OPTIONS) for i in (1, 2)),)
tiny = DescribedSpace(Network("tiny", (ConvNorm(4, 3),), STAGES, (Classifier(10),), "", 6), Scale(image_size=6))
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the job with these fields in place of others, in a folder that has the file of the space."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "timed_space.py").write_text(SPACE)

    def run(workdir, **fields):
        config = get_config()
        config.update({"space": {"name": "timed_space:tiny"}, "samples": 2, "networks": 3} | fields)
        return run_latency(read_group(LatencySettings, config), config.to_dict(), tmp_path / workdir)

    return run


def test_a_table_is_measured_resumed_checked_and_binds_a_search(run, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        asked = iter([False, False, True])
        patch.setattr(StopRequest, "agreed", lambda self: next(asked))
        assert run("a") is None
    folder = tmp_path / "a"
    assert json.loads((folder / "run.json").read_text())["status"] == "stopped"
    begun = (folder / "blocks.jsonl").read_text()
    assert begun.count("\n") == 2
    with open(folder / "blocks.jsonl", "a") as log:
        log.write('{"name": "half')
    text = run("a")
    assert (folder / "blocks.jsonl").read_text().startswith(begun)
    assert "4 blocks" in text and "3 networks" in text and ("predicts" in text or "does NOT predict" in text)
    assert run("a").startswith("finished before")

    with open(folder / "latency.csv", newline="") as file:
        rows = {row["block"]: row for row in csv.DictReader(file)}
    assert {row["batch_size"] for row in rows.values()} == {"1"} and len(rows) == 4
    assert "<svg" in (folder / "check.svg").read_text()
    with open(folder / "check.csv", newline="") as file:
        (first, *_) = csv.DictReader(file)
    chosen = dict(part.split("=") for part in first["architecture"].split(", "))
    of_kernel = {k: float(row["ms"]) for k in "13" for name, row in rows.items() if f"6x6x4; conv(4, {k}x{k}" in name}
    ends = sum(float(row["ms"]) for name, row in rows.items() if "6x6x3;" in name or "linear" in name)
    by_hand = ends + sum(of_kernel.get(option[1:], 0.0) for option in chosen.values())
    assert float(first["predicted_ms"]) == pytest.approx(by_hand, rel=1e-4)

    timed = run("b", networks=0, genotypes=("op1=k3, op2=skip",))
    (check,) = json.loads((tmp_path / "b" / "result.json").read_text())["given"].values()
    assert check["measured"] > 0 and check["predicted"] > 0
    assert timed.endswith(f"predicted {check['predicted']:.4g} ms, measured {check['measured']:.4g} ms")

    space = named_space("timed_space:tiny")
    method, supernet = compose("darts", Task(space, {"decisions": 1})), supernet_of(space)
    bound = Bound("latency", 1.0, table=str(folder / "latency.csv"))
    assert bounded(method, bound, supernet, (6, 6, 3)).bound is not None
    for change, shape, message in (
        ({"batch_size": 2}, (6, 6, 3), "was measured for batch size 1, not 2"),
        ({}, (8, 8, 3), "was measured for images of 6x6x3, not 8x8x3"),
    ):
        with pytest.raises(ValueError, match=message):
            bounded(method, dataclasses.replace(bound, **change), supernet, shape)
    assert read_table(folder / "latency.csv").space == "timed_space:tiny"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"space": {"name": "darts"}}, "--config.space.name='darts'.*only the blocks of spaces of described networks"),
        ({"space": {"name": "regnetx"}}, "--config.space.name='regnetx'.*share no supernet"),
        ({"dtype": "float16"}, "--config.dtype='float16'.*float32, bfloat16"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(run, fields, message):
    with pytest.raises(SettingsError, match=message):
        run("b", **fields)


def test_a_given_network_of_another_space_is_refused_before_anything_is_measured(run, tmp_path):
    with pytest.raises(SettingsError, match="--config.genotypes=.op1=k5, op2=skip.: .*k5"):
        run("a", genotypes=("op1=k5, op2=skip",))
    assert not (tmp_path / "a").exists()
