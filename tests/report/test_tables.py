"""Markdown, CSV, LaTeX and terminal: content, escaping, and own rows apart from cited ones."""

import csv
import io

import pytest

from dartsx.report import aggregate, csv_text, latex_text, markdown_table, read_runs, sections
from dartsx.report.sections import Grid
from dartsx.report.tables import escape_latex
from dartsx.report.terminal import terminal_table

OWN_ERRORS = (6.0, 7.0)


@pytest.fixture
def tables(search_run, evaluate_run):
    """CIFAR-10 (JPEG): a searched method with two seeds, and NASNet-A; digits: NASNet-A."""
    search = search_run("s", device={"kind": "NVIDIA H200", "count": 1}, seconds=8640.0)
    jpeg = "CIFAR-10 (JPEG)"
    paths = [
        evaluate_run(f"b{i}", error, search=search, seed=i, dataset=jpeg, params=3_349_342)
        for i, error in enumerate(OWN_ERRORS)
    ]
    paths += [evaluate_run("n", 6.25, dataset=jpeg), evaluate_run("d", 2.0)]
    return sections(aggregate(read_runs(paths).evaluates))


def test_one_section_per_data_set_with_own_and_cited_rows_apart(tables):
    assert [section.dataset for section in tables] == ["CIFAR-10 (JPEG)", "digits"]
    own = {cell for section in tables for line in section.own.lines for cell in line}
    assert {"NASNet-A", "darts first_order"} <= own
    assert not any(cell.startswith("published") for cell in own)
    origin = tables[0].published.columns.index("origin")
    assert all(line[origin].startswith("published") for line in tables[0].published.lines)
    assert tables[1].published.lines == ()


def test_own_row_reads_as_a_paper_prints_it(tables):
    grid = tables[0].own
    line = next(line for line in grid.lines if line[0] == "darts first_order")
    assert dict(zip(grid.columns, line, strict=True)) == {
        "method": "darts first_order",
        "origin": "searched here",
        "seeds n": "2",
        "test error (%)": "6.50 \N{PLUS-MINUS SIGN} 0.71",
        "best (%)": "6.00 (best of 2)",
        "params": "3,349,342",
        "MACs": "5,000,000",
        "epochs": "20",
        "search cost": "0.25 GPU days (NVIDIA H200)",
    }


def test_markdown_has_a_line_per_row_and_escapes_bars():
    text = markdown_table(Grid(("a", "b"), (("x|y", "1"), ("z", "2\n3"))))
    assert text == "| a | b |\n| --- | --- |\n| x\\|y | 1 |\n| z | 2 3 |"


def test_csv_holds_plain_numbers_and_marks_published_rows(tables):
    rows = list(csv.DictReader(io.StringIO(csv_text(tables))))
    own = [row for row in rows if not row["origin"].startswith("published")]
    cited = [row for row in rows if row["origin"].startswith("published")]
    assert len(own) == 3 and len(cited) == len(tables[0].citations.results)
    row = next(row for row in own if row["method"] == "darts first_order")
    assert float(row["test_error_mean"]) == 6.5
    assert float(row["test_error_std"]) == pytest.approx(0.5**0.5)
    assert (row["n"], row["test_error_best"], row["best_label"]) == ("2", "6.0", "best of 2")
    assert (row["params_min"], row["params_max"]) == ("3349342", "3349342")
    assert (row["search_seconds"], row["search_device"]) == ("8640.0", "NVIDIA H200")
    assert all(row["source"] and row["confidence"] and not row["n"] for row in cited)
    assert not any(row["source"] for row in own)


def test_same_citations_of_two_data_sets_appear_once_in_the_csv(evaluate_run):
    paths = [evaluate_run("a", 6.0, dataset="CIFAR-10 (JPEG)")]
    paths += [evaluate_run("b", 6.0, dataset="CIFAR-10")]
    text = csv_text(sections(aggregate(read_runs(paths).evaluates)))
    methods = [row["method"] for row in csv.DictReader(io.StringIO(text)) if row["source"]]
    assert methods and len(methods) == len(set(methods))


def test_latex_has_booktabs_rules_and_balanced_environments(tables):
    text = latex_text(tables)
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 3
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) >= 3
    assert r"darts first\_order & searched here & 2 & 6.50 $\pm$ 0.71 & 6.00 (best of 2)" in text
    assert r"test error (\%)" in text
    assert "% No published results for digits are known here." in text
    assert "\N{PLUS-MINUS SIGN}" not in text


def test_latex_rows_have_as_many_cells_as_columns(tables):
    text = latex_text(tables)
    for environment, columns in zip(text.split(r"\begin{longtable}")[1:], (9, 9, 9), strict=True):
        body = environment.split(r"\endlastfoot")[1].split(r"\end{longtable}")[0]
        lines = [line for line in body.strip().splitlines() if line]
        assert lines
        for line in lines:
            assert line.endswith(r"\\")
            assert line.replace(r"\&", "").count("&") == columns - 1


def test_latex_escapes_every_special_character():
    assert escape_latex(r"a_b & 50% $x$ #1 {y} ~ ^ \z [k] <>") == (
        r"a\_b \& 50\% \$x\$ \#1 \{y\} \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}z {[}k] \textless{}\textgreater{}"
    )


def test_terminal_table_is_aligned_and_marks_published_rows(tables):
    text = terminal_table(tables)
    block = text.split("\n\n")[1].splitlines()
    assert block[0].split()[:2] == ["method", "origin"]
    starts = {line.index("searched here") for line in block if "searched here" in line}
    starts |= {line.index("retrained here") for line in block if "retrained here" in line}
    assert starts == {block[0].index("origin")}
    for line in text.splitlines():
        if line.startswith("DARTS (second order)"):
            assert " published " in line
            break
    else:
        pytest.fail("the published DARTS row is missing")
    assert "No published results for digits are known here." in text


def test_no_best_of_published_results_is_printed(tables):
    assert "best" not in " ".join(tables[0].published.columns)
