"""Reports of runs: tables, drawings and plots, made from the files of work directories alone.

Importing this package is cheap: pandas, matplotlib, rich and jinja2 load when they are used.
"""

from dartsx.report.aggregate import Cost, Results, Row, aggregate, best_label
from dartsx.report.errors import RunError
from dartsx.report.page import ReportPaths, write_report
from dartsx.report.published import Citations, PublishedResult, cite, published_results
from dartsx.report.records import Device, EvaluateRun, Excluded, Runs, SearchRun, SearchSource
from dartsx.report.runs import read_run, read_runs
from dartsx.report.sections import Section, sections
from dartsx.report.svg import cell_svg
from dartsx.report.tables import csv_text, latex_text, markdown_table
from dartsx.report.terminal import terminal_table
from dartsx.report.tradeoff import own_points, pareto, published_points, tradeoff

__all__ = [
    "Citations",
    "Cost",
    "Device",
    "EvaluateRun",
    "Excluded",
    "PublishedResult",
    "ReportPaths",
    "Results",
    "Row",
    "RunError",
    "Runs",
    "SearchRun",
    "SearchSource",
    "Section",
    "aggregate",
    "best_label",
    "cell_svg",
    "cite",
    "csv_text",
    "latex_text",
    "markdown_table",
    "own_points",
    "pareto",
    "published_points",
    "published_results",
    "read_run",
    "read_runs",
    "sections",
    "terminal_table",
    "tradeoff",
    "write_report",
]
