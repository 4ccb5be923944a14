"""The film of a search: what its stops show, and what its script does in a browser."""

import json
import re
import shutil
import subprocess

import pytest

from dartsx.report import read_run, write_report
from dartsx.report.film import film_of
from dartsx.spaces import Choices, nb201, published, to_json

V1, V2 = published("DARTS_V1"), published("DARTS_V2")


@pytest.fixture
def run(search_run):
    """Three epochs: the cells of DARTS V1, again, then those of V2, with which the search ended."""
    path = search_run("a")
    rows = [{"epoch": e, "genotype": to_json(genotype)} for e, genotype in ((1, V1), (2, V1), (3, V2))]
    (path / "genotypes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_epoch_is_a_stop_and_equal_cells_share_a_frame(run):
    film = film_of(read_run(run))
    assert [stop["label"] for stop in film.stops] == ["epoch 1 of 3", "epoch 2 of 3", "epoch 3 of 3"]
    assert [len(panel.frames) for panel in film.panels] == [2, 2]
    assert [stop["frames"] for stop in film.stops] == [[0, 0], [0, 0], [1, 1]]
    search, stop = read_run(run), film.stops[0]
    assert stop["tables"][0]["weights"][:8] == [round(w, 4) for w in search.groups[0].weights[0][0]]
    options = search.groups[0].rows[0].options
    kept = [options[column] for column in stop["tables"][0]["kept"] if column >= 0]
    assert sorted(kept) == sorted(edge.primitive for edge in V1.normal.edges)


def test_a_choice_after_the_last_epoch_is_a_stop_of_its_own(run):
    (run / "genotype.json").write_text(json.dumps(to_json(published("PDARTS"))))
    film = film_of(read_run(run))
    assert [stop["label"] for stop in film.stops][2:] == ["epoch 3 of 3", "what the search ended with"]
    assert film.panels[0].last == 2


def test_topologies_and_chains_have_films_too(run):
    (run / "genotype.json").write_text(json.dumps(to_json(nb201.cell_at(1))))
    rows = [{"epoch": e, "genotype": to_json(nb201.cell_at(index))} for e, index in ((1, 6111), (2, 1))]
    (run / "genotypes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run / "alphas.jsonl").unlink()
    film = film_of(read_run(run))
    assert [len(panel.frames) for panel in film.panels] == [2] and film.panels[0].table == ""
    chains = [Choices({"op1": "k3"}), Choices({"op1": "k5"})]
    rows = [{"epoch": e, "genotype": to_json(chain)} for e, chain in enumerate(chains, start=1)]
    (run / "genotypes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run / "genotype.json").write_text(json.dumps(rows[-1]["genotype"]))
    record = json.loads((run / "run.json").read_text()) | {"decisions": {"decisions": {"op1": ["k3", "k5"]}}}
    (run / "run.json").write_text(json.dumps(record))
    lines = [{"epoch": e, "decisions": [[1 / e, 1 - 1 / e]]} for e in (1, 2)]
    (run / "strengths.jsonl").write_text("\n".join(map(json.dumps, lines)))
    film = film_of(read_run(run))  # the space is not known: the weights alone
    assert [panel.frames for panel in film.panels] == [()]
    assert [stop["tables"][0]["kept"] for stop in film.stops] == [[0], [1]]


def test_a_page_shows_the_last_frame_without_a_script(run, tmp_path):
    html = write_report([run], tmp_path / "report").html.read_text()
    frames = re.findall(r'<div class="frame"( hidden)?>', html)
    assert frames == [" hidden", "", " hidden", ""]
    assert '<div class="controls" hidden>' in html  # nothing to press where nothing would happen


def browser():
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@pytest.mark.skipif(browser() is None, reason="no Chromium here to run the page's script (chromium, google-chrome)")
def test_the_slider_shows_an_epoch(run, tmp_path):
    page = write_report([run], tmp_path / "report").html
    step = "const i = document.querySelector('.film input'); i.value = 0; i.dispatchEvent(new Event('input'));"
    page.write_text(page.read_text().replace("</body>", f"<script>{step}</script></body>"))
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    command = [browser(), *options, "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert re.findall(r'<div class="frame"( hidden="")?>', dom) == ["", ' hidden=""'] * 2
    assert "<output>epoch 1 of 3</output>" in dom and '<div class="controls">' in dom
    weights = film_of(read_run(run)).stops[0]["tables"][0]["weights"]
    shown = re.findall(r'<text class="weight".*?<tspan>([\d.]+)</tspan>', dom)
    assert shown[: len(weights)] == [f"{weight:.2f}" for weight in weights]
