"""Writes a report: tables, drawings and plots of any number of runs, as Markdown and HTML."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dartsx.progress import tracked
from dartsx.report.abridged import drawn_groups
from dartsx.report.aggregate import Results, Row, aggregate
from dartsx.report.chapters import FIGURES, Chapter, Picture
from dartsx.report.cost_chapters import front_chapters, latency_chapter
from dartsx.report.diagnosis import diagnosis_plot
from dartsx.report.drawings import drawings
from dartsx.report.effects import effects_plot, swept_fields
from dartsx.report.errors import RunError
from dartsx.report.film import film_of
from dartsx.report.heat_map import heat_map
from dartsx.report.latency_runs import LatencyRun, split_off
from dartsx.report.ledger import Sweep, has_ledger, read_sweep
from dartsx.report.plots import evaluate_curves, evolution, search_curves
from dartsx.report.records import EvaluateRun, Excluded, Runs, SearchRun
from dartsx.report.runs import read_runs
from dartsx.report.sections import PLUS_MINUS, Section, number_text, sections
from dartsx.report.sheet_svg import sheet_svg
from dartsx.report.sweeps import at_most_settings, setting_rows, sweep_facts, sweep_grid
from dartsx.report.tables import csv_text, grid_csv, latex_text
from dartsx.report.templates import templates
from dartsx.report.terminal import aligned, terminal_table
from dartsx.report.weights import group_title
from dartsx.spaces import Architecture


@dataclass(frozen=True)
class ReportPaths:
    """The files of a report, and its tables as text for a terminal."""

    markdown: Path
    html: Path
    table_markdown: Path
    table_csv: Path
    table_latex: Path
    figures: tuple[Path, ...]
    excluded: tuple[Excluded, ...]
    terminal: str


def write_report(runs: Iterable[str | Path], out_dir: str | Path) -> ReportPaths:
    """Write a report of these work directories to a folder, replacing an earlier report there.

    The folder gets report.md and report.html (the latter holds its pictures), table.md, table.csv,
    table.tex, sweep1.csv, ... for sweeps, and figures/*.svg. The same runs give the same files, byte for byte.

    Args:
        runs: work directories, folders that hold some, or folders of sweeps; tables of latencies among them.
        out_dir: made if missing; must not be a work directory.

    Raises:
        RunError: nothing finished is there, a path does not exist, or out_dir is a work directory.
    """
    out_dir = Path(out_dir)
    if (out_dir / "run.json").exists():
        raise RunError(f"{out_dir} is a work directory; a report needs a folder of its own")
    paths = list(map(Path, runs))
    swept = [read_sweep(path) for path in paths if has_ledger(path)]
    others = [path for path in paths if not has_ledger(path)]
    tables_of_latency, others = split_off(others)
    found = read_runs(others) if others or not (swept or tables_of_latency) else Runs((), (), ())
    results = aggregate(found.evaluates)
    excluded = (*(item for sweep in swept for item in sweep.excluded), *found.excluded, *results.excluded)
    tables = sections(results)
    sweeps = tuple(_sweep_chapter(i, sweep) for i, sweep in enumerate(swept, start=1))
    chapters = (*sweeps, *_chapters(found, results, tables_of_latency))
    pages = _render(tables, sweeps, chapters, excluded)
    files = {**pages, "table.csv": csv_text(tables), "table.tex": latex_text(tables)}
    files |= {f"sweep{i}.csv": grid_csv(sweep.table) for i, sweep in enumerate(sweeps, start=1) if sweep.table}
    pictures = [picture for chapter in chapters for picture in chapter.pictures]
    _clear_figures(out_dir / FIGURES)
    for name, text in files.items():
        (out_dir / name).write_text(text, encoding="utf-8")
    for picture in pictures:
        (out_dir / picture.link).write_text(picture.svg, encoding="utf-8")
    return ReportPaths(
        markdown=out_dir / "report.md",
        html=out_dir / "report.html",
        table_markdown=out_dir / "table.md",
        table_csv=out_dir / "table.csv",
        table_latex=out_dir / "table.tex",
        figures=tuple(out_dir / picture.link for picture in pictures),
        excluded=excluded,
        terminal=_terminal(tables, sweeps, excluded),
    )


def _clear_figures(folder: Path) -> None:
    """Remove the pictures of an earlier report, so that none outlives its run."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.svg"):
        if re.fullmatch(r"(sweep|search|network|front|latency)\d+_\w+", path.stem):
            path.unlink()


def _chapters(found: Runs, results: Results, tables: tuple[LatencyRun, ...]) -> tuple[Chapter, ...]:
    runs = {run.path: run for run in found.evaluates}
    drawing = iter(tracked((*found.searches, *results.rows), "report", stream=sys.stderr))
    searches = [_search_chapter(i, next(drawing)) for i in range(1, len(found.searches) + 1)]
    rows = [_row_chapter(i, row, [runs[path] for path in row.runs]) for i, row in enumerate(drawing, start=1)]
    latencies = [latency_chapter(i, table) for i, table in enumerate(tables, start=1)]
    return (*front_chapters(results.rows, runs, tables), *latencies, *searches, *rows)


def _sweep_chapter(number: int, sweep: Sweep) -> Chapter:
    rows, compared = setting_rows(sweep), at_most_settings(sweep)
    pictures = ()
    if swept_fields(compared):
        epochs = compared[0].epochs
        far = "" if epochs is None else f" after {epochs} epochs"
        score = compared[0].entries[0].score_name
        caption = f"{score}{far}: dots are seeds, bars the means of settings, diamonds the means of these"
        pictures = (Picture(f"sweep{number}_effects", caption, effects_plot(compared)),)
    table = sweep_grid(rows) if rows else None
    note = f"A row for each setting: mean {PLUS_MINUS} sample standard deviation over n seeds." if table else ""
    return Chapter(f"Sweep {sweep.path.name}", tuple(sweep_facts(sweep)), None, pictures, table, note)


def _search_chapter(number: int, run: SearchRun) -> Chapter:
    name = f"search{number}"
    facts = [
        ("work directory", str(run.path)),
        ("data set", run.dataset),
        ("seed", str(run.seed)),
        ("time", f"{run.seconds:,.0f} s on {run.device}"),
    ]
    if run.valid_accuracy is not None:
        facts.append(("validation accuracy of the supernet", f"{run.valid_accuracy:.2%}"))
    film = film_of(run)
    pictures = _drawings(name, run.genotype, run.config, filmed=film is not None)
    groups = drawn_groups(run)
    for group in groups:
        caption = f"{group.title}, epoch {run.epochs[-1]}: weights by which the search derives; what it kept is framed"
        svg = heat_map(group, group.weights[-1], run.genotype.choices, f"{group.title}, epoch {run.epochs[-1]}")
        pictures.append(Picture(f"{name}_mixtures_{group.name}", caption, svg, filmed=film is not None))
    pictures.append(Picture(f"{name}_curves", "Learning curves", search_curves(run)))
    if run.diagnosis:
        pictures.append(Picture(f"{name}_diagnosis", "Diagnosis", diagnosis_plot(run)))
    if len(run.epochs) > 1:
        for group in groups:
            caption = f"Weights of the {group.title} by epoch"
            pictures.append(Picture(f"{name}_evolution_{group.name}", caption, evolution(run, group)))
    title = f"Search {number}: {run.method}, seed {run.seed}"
    return Chapter(title, tuple(facts), str(run.genotype), tuple(pictures), film=film)


def _row_chapter(number: int, row: Row, runs: list[EvaluateRun]) -> Chapter:
    """Curves of the runs of a row, and the cells if no search chapter shows them."""
    name = f"network{number}"
    facts = [("data set", row.dataset), ("origin", row.origin)]
    facts += [("settings that differ", row.setup)] if row.setup else []
    facts += [
        (f"work directory, seed {run.seed}", f"{run.path} ({run.measure.label} {number_text(run.score)})")
        for run in runs
    ]
    caption = f"Learning curves, {row.n} runs" if row.n > 1 else "Learning curves"
    pictures = [Picture(f"{name}_curves", caption, evaluate_curves(runs))]
    if runs[0].examples is not None:
        caption = f"Test examples, seed {runs[0].seed}"
        pictures.append(Picture(f"{name}_examples", caption, sheet_svg(runs[0].examples)))
    genotypes = {run.genotype for run in runs}
    genotype = runs[0].genotype if len(genotypes) == 1 else None
    searched = all(run.search is not None and run.search.run is not None for run in runs)
    if genotype is None or searched:
        return Chapter(f"Training: {row.method}", tuple(facts), None, tuple(pictures))
    pictures = [*_drawings(name, genotype, runs[0].config), *pictures]
    return Chapter(f"Training: {row.method}", tuple(facts), str(genotype), tuple(pictures))


def _drawings(name: str, architecture: Architecture, config: Mapping[str, Any], filmed: bool = False) -> list[Picture]:
    found = drawings(architecture, config).items()
    captions = {kind: group_title(kind, architecture).capitalize() for kind in architecture.cells}
    captions |= {"chain": "Chain", "cell": "Cell", "pyramid": "Pyramid", "trellis": "Path"}
    return [Picture(f"{name}_{kind}", captions[kind], svg, titled=True, filmed=filmed) for kind, svg in found]


def _render(
    tables: tuple[Section, ...],
    sweeps: tuple[Chapter, ...],
    chapters: tuple[Chapter, ...],
    excluded: tuple[Excluded, ...],
) -> dict[str, str]:
    """The pages by file name. HTML is escaped by its template, Markdown tables by theirs."""
    environment = templates()
    values = {"sections": tables, "sweeps": sweeps, "chapters": chapters, "excluded": excluded}
    names = ("report.html", "report.md", "table.md")
    return {name: environment.get_template(f"{name}.j2").render(values) for name in names}


def _terminal(tables: tuple[Section, ...], sweeps: tuple[Chapter, ...], excluded: tuple[Excluded, ...]) -> str:
    text = "\n".join(f"{sweep.title}\n\n{aligned(sweep.table)}\n" for sweep in sweeps if sweep.table)
    if tables or not text:
        text += terminal_table(tables) if tables else "No evaluation is finished: no table.\n"
    if excluded:
        lines = "".join(f"  {item.path}: {item.reason}\n" for item in excluded)
        text += f"\nNot in the tables:\n{lines}"
    return text
