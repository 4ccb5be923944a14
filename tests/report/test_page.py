"""The whole report: files, links, listed runs, and what it must not print."""

import csv
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from dartsx.report import RunError, write_report


@pytest.fixture(scope="module")
def written(runs_folder, tmp_path_factory):
    return write_report([runs_folder], tmp_path_factory.mktemp("report"))


def test_all_files_are_written_and_links_lead_somewhere(written):
    folder = written.markdown.parent
    files = (written.html, written.table_markdown, written.table_csv, written.table_latex)
    assert all(path.stat().st_size > 0 for path in (*files, *written.figures))
    links = re.findall(r"\]\(([^)]+)\)", written.markdown.read_text())
    assert {folder / link for link in links} == set(written.figures)
    assert len(links) == len(set(links)) == 12  # the front 1, the search has 7, its network 1, the baseline 3


def test_html_holds_its_pictures_and_loads_nothing(written):
    html = written.html.read_text()
    assert not re.findall(r'(?:src|href)="(?!#)|@import|url\((?!#)', html)
    pictures = re.findall(r"<svg .*?</svg>", html, re.DOTALL)
    assert len(pictures) == len(written.figures)  # those that the film ends with are in the film
    assert all(ElementTree.fromstring(picture).get("aria-label") for picture in pictures)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_report_has_cells_curves_heat_maps_and_the_genotype(written):
    names = {path.stem for path in written.figures}
    assert {"search1_normal", "search1_reduce", "search1_curves", "search1_mixtures_normal"} <= names
    assert {"search1_evolution_normal", "search1_evolution_reduce"} <= names
    assert "Genotype(normal=[('sep_conv_3x3', 0)" in written.markdown.read_text()


def test_unfinished_run_is_listed_everywhere_a_person_reads(written):
    assert [item.path.name for item in written.excluded] == ["half"]
    for text in (written.terminal, written.markdown.read_text(), written.html.read_text()):
        assert "half" in text and "not finished" in text


def test_own_and_published_rows_stand_in_tables_of_their_own(written):
    text = written.table_markdown.read_text()
    own, published = text.split("## CIFAR-10: published results")
    assert "(best of 2)" in own and "| NASNet-A | retrained here |" in own
    assert "arXiv" not in own
    assert "DARTS arXiv:1806.09055 Table 1" in published and "(best of" not in published
    assert "published, second-hand" in published


def test_unchecked_published_figures_appear_in_no_file(written, reference_dir):
    with open(reference_dir / "published_results.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "CIFAR-10"]
    checked = {row["method"] for row in rows if row["confidence"] != "from-memory"}
    unchecked = {row["method"] for row in rows if row["confidence"] == "from-memory"} - checked
    assert unchecked
    paths = (written.markdown, written.html, written.table_csv, written.table_latex)
    for text in (written.terminal, *(path.read_text() for path in paths)):
        assert not [name for name in unchecked if name in text]
        assert "from-memory" not in text


def test_names_are_escaped_in_html(evaluate_run, tmp_path):
    run = evaluate_run("a", 3.0, dataset="<script>alert(1)</script>")
    html = write_report([run], tmp_path / "report").html.read_text()
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_same_runs_give_the_same_bytes_and_no_old_picture_stays(search_run, evaluate_run, tmp_path):
    runs = [search_run("s"), evaluate_run("a", 3.0), evaluate_run("b", 4.0, genotype="DARTS_V1")]
    first = write_report(runs, tmp_path / "one")
    write_report([*runs, evaluate_run("c", 5.0, genotype="PDARTS")], tmp_path / "two")
    second = write_report(runs, tmp_path / "two")
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert files == sorted(p.relative_to(tmp_path / "two") for p in (tmp_path / "two").rglob("*.*"))
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert first.terminal == second.terminal


def test_search_alone_gives_a_report_without_a_table(search_run, tmp_path):
    written = write_report([search_run("a")], tmp_path / "report")
    assert "no table" in written.terminal
    assert "search1_normal.svg" in written.markdown.read_text()


def test_search_of_one_epoch_has_a_heat_map_and_no_evolution(search_run, tmp_path):
    path = search_run("a")
    lines = (path / "alphas.jsonl").read_text().splitlines()
    (path / "alphas.jsonl").write_text(lines[0] + "\n")
    names = {figure.stem for figure in write_report([path], tmp_path / "report").figures}
    assert "search1_mixtures_normal" in names and not any("evolution" in name for name in names)


def test_report_is_never_written_into_a_work_directory(evaluate_run):
    run = evaluate_run("a", 3.0)
    before = sorted(run.iterdir())
    with pytest.raises(RunError, match="is a work directory"):
        write_report([run], run)
    assert sorted(run.iterdir()) == before


def test_importing_the_package_loads_no_heavy_library():
    heavy = "('jax', 'pandas', 'matplotlib', 'jinja2', 'rich')"
    code = f"import sys, dartsx.report; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
