"""What networks cost, in reports: fronts with their hypervolume, chains drawn to scale, tables of latencies."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from dartsx.cost.measured_table import Row, csv_of
from dartsx.cost.pieces import pieces
from dartsx.networks import Network, close
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.open.size import combinations
from dartsx.report import write_report
from dartsx.report.chain_svg import chain_svg
from dartsx.report.fronts import Trained, front_of
from dartsx.report.prediction import prediction
from dartsx.spaces import SPACES, to_json

SVG = "{http://www.w3.org/2000/svg}"


def test_front_and_hypervolume_by_hand():
    points = [Trained("a", 10.0, 50.0), Trained("b", 20.0, 80.0), Trained("c", 30.0, 70.0), Trained("d", 40.0, 90.0)]
    front = front_of(points)
    assert [point.label for point in front.points] == ["a", "b", "d"]
    assert front.reference == (pytest.approx(44.0), 0.0)
    assert front.hypervolume == pytest.approx((50 * 10 + 80 * 20 + 90 * 4) / 44)


def test_predictions_are_judged_by_rank_and_error():
    exact = prediction([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    assert (exact.pearson, exact.spearman, exact.error, exact.ratio) == (pytest.approx(1), pytest.approx(1), 0, 1)
    assert exact.holds and "the table predicts" in str(exact)
    twice = prediction([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])
    assert twice.spearman == pytest.approx(1) and twice.error == 50 and twice.ratio == 2
    assert not twice.holds and "does NOT predict" in str(twice)
    tied = prediction([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0])
    assert tied.spearman == pytest.approx(np.corrcoef([0.5, 0.5, 2, 3], [0, 1, 2, 3])[0, 1])
    assert not prediction([1.0, 2.0], [1.0, 2.0]).holds  # two networks rank nothing


def test_blocks_of_a_chain_are_drawn_by_channels_and_size():
    stages = ((InvertedBottleneck(16, 3, kernel=5, stride=2),), (InvertedBottleneck(64, 6, kernel=3, stride=2),))
    network = Network("x", (ConvNorm(4, 3),), stages, (Classifier(10),), "", 16)
    text = chain_svg(network, "a <chain>")
    root = ElementTree.fromstring(text)
    boxes = [group.findall(f"{SVG}rect")[0] for group in root.iter(f"{SVG}g")]
    widths = [float(box.get("width")) for box in boxes]
    assert widths == [14 + 3 * 2, 14 + 3 * 4, 14 + 3 * 8, round(14 + 3 * 10**0.5, 1)]
    heights = [float(box.get("height")) for box in boxes]
    assert heights == [26 + 12 * 4, 26 + 12 * 3, 26 + 12 * 2, 26]
    assert [len(group.findall(f"{SVG}rect")) for group in root.iter(f"{SVG}g")] == [1, 2, 2, 1]  # strides are marked
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"k5", "e3", "k3", "e6", "64", "a <chain>"} <= set(words)
    assert any("height of the map, 16, 8, 4, 1 pixels" in word for word in words)
    assert text.isascii() and text == chain_svg(network, "a <chain>")


def latency_run(path, space, ms):
    path.mkdir()
    description = SPACES[space].description()
    shape = (description.image_size, description.image_size, 3)
    plain = {name: 1 for name in Row._fields} | {"dtype": "float32", "space": space, "image": "x".join(map(str, shape))}
    blocks = {str(close(b.shape, c)) for b in pieces(description, shape) for c in combinations(b.axes)}
    (path / "latency.csv").write_text(csv_of(Row(**plain | {"block": block, "ms": ms}) for block in sorted(blocks)))
    run = {"kind": "latency", "status": "finished", "device": {"kind": "cpu", "count": 1}}
    (path / "run.json").write_text(json.dumps(run))
    config = {"space": {"name": space}, "classes": 0, "image_size": 0, "image_channels": 3}
    (path / "config.json").write_text(json.dumps(config))
    (path / "latency.md").write_text("39 blocks\nthe table predicts these networks\n")
    (path / "check.svg").write_text("<svg/>")


def test_a_report_shows_fronts_the_chain_and_the_table(evaluate_run, tmp_path):
    space, rng = SPACES["digit_chain"], np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(2)]
    for i, arch in enumerate(drawn):
        path = evaluate_run(f"runs/e{i}", 10.0 * (i + 1), config={"space": {"name": "digit_chain"}})
        (path / "genotype.json").write_text(json.dumps(to_json(arch)))
        result = json.loads((path / "result.json").read_text()) | {"genotype_name": f"chain{i}"}
        (path / "result.json").write_text(json.dumps(result))
    latency_run(tmp_path / "runs" / "latency", "digit_chain", 0.25)
    paths = write_report([tmp_path / "runs"], tmp_path / "report")
    text = paths.markdown.read_text()
    assert "accuracy against multiply-adds" in text and "accuracy against predicted latency" in text
    assert "hypervolume:" in text and "1.1 times the largest" in text
    assert "the table predicts these networks" in text and "Latency of the blocks of digit_chain" in text
    for arch in drawn:
        blocks = len(pieces(space.network(arch)))
        assert f"| {0.25 * blocks:.4g} |" in text
    html = paths.html.read_text()
    assert html.count('aria-label="Chain of digit_chain') == 2 and "width: channels out" in html
    assert not any("latency" in str(item.path) for item in paths.excluded)
    assert write_report([tmp_path / "runs" / "latency"], tmp_path / "other").markdown.read_text().count("## ") == 1
