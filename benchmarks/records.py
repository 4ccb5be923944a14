"""Results as text: a table for people, one JSON object for programs, a record in ``results/`` for later."""

from __future__ import annotations

import argparse
import io
import json
import os
import pathlib
import platform
import shlex
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def add_output(parser: argparse.ArgumentParser) -> None:
    """Adds --format and --write."""
    parser.add_argument("--format", choices=("table", "json"), default="table", help="of the standard output")
    parser.add_argument("--write", action="store_true", help="also write a record to benchmarks/results/")


def finish(arguments: argparse.Namespace, name: str, result: Mapping[str, Any], table: str) -> None:
    """Prints the result, and writes the record if that was asked for.

    Args:
      arguments: the arguments that `add_output` adds.
      name: name of the record's file, without date and ending.
      result: plain values.
      table: the same for readers.
    """
    print(json.dumps(result) if arguments.format == "json" else table, flush=True)
    if arguments.write:
        path = RESULTS / f"{name}-{time.strftime('%Y-%m-%d')}.txt"
        RESULTS.mkdir(exist_ok=True)
        path.write_text(record(result, table), encoding="ascii")
        print(f"written to {path}", file=sys.stderr)


def record(result: Mapping[str, Any], table: str) -> str:
    """Date, command, machine, versions, table, JSON."""
    head = {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "command": command(),
        "machine": machine(),
        **{f"{name}": _about(about) for name, about in result.get("about", {}).items()},
    }
    width = max(map(len, head))
    lines = [f"{name:{width}}  {value}" for name, value in head.items()]
    return "\n".join([*lines, "", table.rstrip(), "", json.dumps(result), ""])


def command() -> str:
    """The command line, with the module's name in place of paths."""
    module = pathlib.Path(sys.argv[0]).stem
    return f"python -m benchmarks.{module} {shlex.join(sys.argv[1:])}".rstrip()


def machine() -> str:
    """Processor, cores in use, operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}"


def rows_table(rows: Iterable[Sequence[str]], columns: Sequence[str], title: str | None = None) -> str:
    """A table as plain text; the first column is left-aligned, the others right."""
    table = Table(box=box.ASCII_DOUBLE_HEAD, title=title, title_justify="left", title_style="")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    text = io.StringIO()
    Console(file=text, width=200, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")


def _about(about: Mapping[str, Any]) -> str:
    device = about["device"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    parts = [f"{device['count']} x {device['kind']} ({device['platform']})", versions]
    if about.get("git"):
        parts.append(f"revision {about['git'][:12]}{' with changes' if about['git_dirty'] else ''}")
    return "; ".join(parts)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            found = next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        found = ""
    return found.partition(":")[2].strip() or platform.processor() or "unknown processor"
