"""Reads work directories into records. What cannot be read is listed with its reason."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from dartsx.catalog import RESULTS, Measure
from dartsx.report.datasets import named_apart
from dartsx.report.errors import RunError
from dartsx.report.files import Fields, json_lines, read_text
from dartsx.report.latency_runs import is_latency
from dartsx.report.records import Data, Device, EvaluateRun, Excluded, Metric, Runs, SearchRun, SearchSource
from dartsx.report.weights import read_weights
from dartsx.spaces import Architecture, from_json

SCHEMA = 1
KINDS = ("search", "evaluate")
CURVES = ("loss", "accuracy", *(measure.name.removeprefix("test_") for measure in RESULTS.values()))
SPLIT = "diagnosis"


def read_runs(paths: Iterable[str | Path]) -> Runs:
    """Read work directories, and folders that hold some (one level deep); of populations, those of their members.

    A search that an evaluation names is read along with it where it can be found, for its cost and
    device. A run that is reached on several ways counts once.

    Raises:
        RunError: a path does not exist, or no finished run is among the paths.
    """
    paths = [Path(path) for path in paths]
    if not paths:
        raise RunError("no runs given: name at least one work directory")
    found: dict[Path, SearchRun | EvaluateRun] = {}
    excluded: dict[Path, Excluded] = {}
    for path in itertools.chain.from_iterable(map(_work_directories, paths)):
        if path.resolve() in found or path.resolve() in excluded:
            continue
        try:
            found[path.resolve()] = read_run(path)
        except RunError as error:
            excluded[path.resolve()] = Excluded(path, str(error))
    if not found:
        reasons = "\n".join(f"  {item.path}: {item.reason}" for item in excluded.values())
        raise RunError(f"no finished run was found:\n{reasons}")
    found = named_apart(found)
    evaluates = [run for run in found.values() if isinstance(run, EvaluateRun)]
    evaluates = [_with_search(run, found) for run in evaluates]
    searches = [run for run in found.values() if isinstance(run, SearchRun)]
    return Runs(tuple(searches), tuple(evaluates), tuple(excluded.values()))


def read_run(path: str | Path) -> SearchRun | EvaluateRun:
    """Read one finished work directory.

    Raises:
        RunError: it is no work directory, is not finished, or a file in it cannot be read.
    """
    path = Path(path)
    if not (path / "run.json").is_file():
        raise RunError("not a work directory: it has no run.json")
    run = Fields(path / "run.json")
    if run.data.get("schema") != SCHEMA:
        raise RunError(f"run.json: schema {run.data.get('schema')!r} is not known, only {SCHEMA}")
    kind = run.get("kind", str)
    if kind not in KINDS:
        raise RunError(f"run.json: kind {kind!r} is not known; allowed: {', '.join(KINDS)}")
    status = run.get("status", str)
    if status != "finished":
        raise RunError(f"not finished: its status is {status!r}")
    result = Fields(path / "result.json")
    return _search(path, run, result) if kind == "search" else _evaluate(path, run, result)


def _work_directories(path: Path) -> list[Path]:
    if not path.is_dir():
        raise RunError(f"no such work directory: {path}")
    if (path / "run.json").is_file():
        return _members(path)
    runs = [child for child in sorted(path.iterdir()) if (child / "run.json").is_file() and not is_latency(child)]
    inner = [_members(child) for child in runs]
    return list(itertools.chain.from_iterable(inner)) or [path]


def _members(path: Path) -> list[Path]:
    """The runs of a work directory with a run.json: of a population its members', else itself."""
    try:
        population = Fields(path / "run.json").data.get("kind") == "population"
    except RunError:  # said again where it is read as a run
        population = False
    inner = [child for child in path.iterdir() if population and (child / "run.json").is_file()]
    return sorted(inner, key=lambda child: (len(child.name), child.name)) or [path]


def _search(path: Path, run: Fields, result: Fields) -> SearchRun:
    genotype = read_genotype(path / "genotype.json")
    if genotype is None:
        raise RunError("genotype.json is missing")
    config = Fields(path / "config.json").data
    epochs, groups = read_weights(path, run.data.get("decisions"), config, genotype)
    return SearchRun(
        path=path,
        dataset=run.get("dataset", str),
        method=run.get("method", str),
        seed=run.get("seed", int),
        device=_device(run),
        config=config,
        metrics=read_metrics(path / "metrics.jsonl"),
        epochs=epochs,
        groups=groups,
        genotype=genotype,
        seconds=result.get("seconds", float),
        gpu_days=result.optional("gpu_days", float),
        valid_accuracy=result.optional("valid_accuracy", float),
        diagnosis=_diagnosis(path / "metrics.jsonl"),
        data=_data(run, Fields(path / "config.json")),
        architectures=read_architectures(path / "genotypes.jsonl"),
    )


def _evaluate(path: Path, run: Fields, result: Fields) -> EvaluateRun:
    task = run.optional("task", str) or "classification"  # which older runs did not record
    if task not in RESULTS:
        raise RunError(f"{run.where}: unknown task {task!r}; known: {', '.join(RESULTS)}")
    measure = RESULTS[task]
    return EvaluateRun(
        path=path,
        dataset=run.get("dataset", str),
        seed=run.get("seed", int),
        device=_device(run),
        config=Fields(path / "config.json").data,
        metrics=read_metrics(path / "metrics.jsonl"),
        measure=measure,
        score=_score(result, measure),
        params=result.get("params", int),
        macs=result.get("macs", int),
        epochs=result.get("epochs", int),
        seconds=result.get("seconds", float),
        genotype_name=result.optional("genotype_name", str),
        genotype=read_genotype(path / "genotype.json"),
        search=_source(result),
        data=_data(run, Fields(path / "config.json")),
        examples=Fields(path / "examples.json").data if (path / "examples.json").is_file() else None,
    )


def _data(run: Fields, config: Fields) -> Data | None:
    """What the run recorded of its data; older ones did not."""
    recorded = run.optional("inputs", dict) or {}
    if "data" not in recorded:
        return None
    data = run.inner("inputs").inner("data")
    size = config.inner("dataset").data.get("image_size") if "dataset" in config.data else None
    return Data(data.get("fingerprint", str), f"{data.get('hashed', str)}, resized to {size}")


def _score(result: Fields, measure: Measure) -> float:
    if result.data.get(measure.name, 0.0) is None:
        return measure.worst
    value = result.get(measure.name, float)
    if measure.unit == "%" and not 0 <= value <= 100:  # also false for NaN
        raise RunError(f"{result.where}: {measure.name} must be a percentage from 0 to 100, not {value!r}")
    if not math.isfinite(value):
        raise RunError(f"{result.where}: {measure.name} must be a finite number, not {value!r}")
    return value


def _source(result: Fields) -> SearchSource | None:
    if result.data.get("search") is None:
        return None
    search = result.inner("search")
    workdir = Path(search.get("workdir", str))
    return SearchSource(workdir, search.get("method", str), search.optional("gpu_days", float))


def _device(run: Fields) -> Device:
    device = run.inner("device")
    return Device(device.get("kind", str), device.get("count", int))


def _with_search(run: EvaluateRun, found: Mapping[Path, SearchRun | EvaluateRun]) -> EvaluateRun:
    """Join an evaluation with its search: at the recorded path, or beside it if both moved.

    Only a search that ended with the very genotype that was trained is taken.
    """
    if run.search is None:
        return run
    for path in (run.search.workdir, run.path.parent / run.search.workdir.name):
        try:
            search = found.get(path.resolve()) or read_run(path)
        except RunError:
            continue
        if isinstance(search, SearchRun) and search.genotype == run.genotype:
            return replace(run, search=replace(run.search, run=search))
    return run


def read_metrics(path: Path, unfinished: bool = False) -> tuple[Metric, ...]:
    """The metrics of `CURVES`; other rows and fields are no part of a report. `unfinished` as in `json_lines`.

    Raises:
        RunError: the file cannot be read, or holds something else.
    """
    metrics = []
    for number, row in enumerate(json_lines(path, unfinished), start=1):
        try:
            metrics += [
                Metric(int(row["epoch"]), str(row["split"]), name, float(row[name]))
                for name in CURVES
                if row.get(name) is not None
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path.name}, entry {number}: {error!r}") from None
    return tuple(metrics)


def _diagnosis(path: Path) -> tuple[Metric, ...]:
    """All figures of the rows that diagnose the search."""
    rows = [row for row in json_lines(path) if row.get("split") == SPLIT]
    return tuple(
        Metric(int(row["epoch"]), SPLIT, name, float(value))
        for row in rows
        for name, value in row.items()
        if name not in ("step", "epoch", "split") and isinstance(value, int | float)
    )


def read_architectures(path: Path, unfinished: bool = False) -> tuple[tuple[int, Architecture], ...]:
    """Epochs with what was derived after them; `unfinished` as of `json_lines`.

    Raises:
        RunError: the file cannot be read, or holds something else.
    """
    found = []
    for number, row in enumerate(json_lines(path, unfinished), start=1):
        try:
            found.append((int(row["epoch"]), from_json(row["genotype"], origin=path.name)))
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path.name}, entry {number}: {error}") from None
    return tuple(found)


def read_genotype(path: Path) -> Architecture | None:
    """The architecture in a file; None where the file is missing."""
    if not path.exists():
        return None
    try:
        return from_json(read_text(path), origin=path.name)
    except RunError:
        raise
    except ValueError as error:
        raise RunError(str(error)) from None
