"""Joins the evaluations of one method on one data set into a row of the results table."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from dartsx.catalog import PLACES, Measure, experiment
from dartsx.report.records import EvaluateRun, Excluded, SearchRun
from dartsx.report.settings import describe, varying
from dartsx.spaces import to_json

SEARCHED = "searched here"
RETRAINED = "retrained here"
_FINGERPRINT = 15  # characters that a row shows


@dataclass(frozen=True)
class Cost:
    """What a search cost: mean over the searches of a row.

    Attributes:
        seconds: wall clock of one search, see `SearchRun`; None if only the device days are known.
        gpu_days: device days of one search; None if not recorded.
        device: the devices, such as "NVIDIA H200", or None if not recorded.
    """

    seconds: float | None
    gpu_days: float | None
    device: str | None


@dataclass(frozen=True)
class Row:
    """Own measurements of one method on one data set, all with the same settings.

    Attributes:
        origin: SEARCHED for cells that were searched here, RETRAINED for given networks.
        n: number of runs, each with its own seed or search.
        searches: number of different searches among them, 0 for RETRAINED.
        measure: what the rows of a data set are ranked by, such as the test error.
        mean, std, best: its values; std is the sample's (n - 1), None for n = 1. The mean is infinite, and std None, if
            one run's value is not finite; so is the best if none is.
        params, macs, epochs: smallest and largest of the runs.
        setup: the settings in which this row differs from others of the same data set.
        runs: the work directories.

    Raises:
        ValueError: n is not a positive number: a best result means nothing without it.
    """

    dataset: str
    method: str
    origin: str
    n: int
    searches: int
    measure: Measure
    mean: float
    std: float | None
    best: float
    params: tuple[int, int]
    macs: tuple[int, int]
    epochs: tuple[int, int]
    cost: Cost | None
    setup: str
    runs: tuple[Path, ...]

    def __post_init__(self):
        best_label(self.n)

    @property
    def ranked(self) -> float:
        """The mean with the sign by which less is better; infinity if it is not finite."""
        return self.mean * (-1 if self.measure.larger_is_better else 1)

    @property
    def best_label(self) -> str:
        """What the best is the best of: "best of 3"."""
        return best_label(self.n)


@dataclass(frozen=True)
class Results:
    """Rows sorted by data set, the best mean first; and runs that were left out."""

    rows: tuple[Row, ...]
    excluded: tuple[Excluded, ...]


def best_label(n: int | None) -> str:
    """Label of a best result. Raises ValueError without the number of runs it is the best of."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"a best result needs the number of runs it was chosen from, not {n!r}")
    return f"best of {n}"


def method_name(run: EvaluateRun) -> str:
    """What a run measures: the search method, the genotype's name, or a mark of the genotype."""
    if run.search is not None:
        return run.search.method
    if run.genotype_name is not None:
        return run.genotype_name
    if run.genotype is None:
        return "network without a name"
    text = json.dumps(to_json(run.genotype), sort_keys=True)
    return f"genotype {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def aggregate(runs: Sequence[EvaluateRun]) -> Results:
    """Group runs by data set, method and settings, and compute the rows.

    Runs whose settings differ (epochs, width, ...) are never averaged. A run that repeats the
    search, genotype, seed and settings of another is no second sample and is left out.
    """
    groups: dict[tuple, list[EvaluateRun]] = {}
    seen: dict[tuple, EvaluateRun] = {}
    excluded = []
    keys = [(run.dataset, method_name(run), run.search is not None, run.measure) for run in runs]
    for run, key in zip(runs, keys, strict=True):
        alike = [other for other, k in zip(runs, keys, strict=True) if k == key]
        setup = tuple(sorted(_settings(run, alike).items()))
        search = None if run.search is None else str(run.search.workdir)
        first = seen.setdefault((key, setup, search, run.genotype, run.seed), run)
        if first is not run:
            excluded.append(Excluded(run.path, f"repeats {first.path} (seed {run.seed})"))
            continue
        groups.setdefault((key, setup), []).append(run)
    rows = [_row(group, _difference(key, setup, list(groups))) for (key, setup), group in groups.items()]
    rows.sort(key=lambda row: (row.dataset, row.measure.name, row.ranked, row.method, row.setup))
    return Results(tuple(rows), tuple(excluded))


def _settings(run: EvaluateRun, alike: Sequence[EvaluateRun]) -> dict[str, str]:
    """Settings of a run; with those of its search if the searches of all like runs are known."""
    flat = {**_experiment(run, alike), "epochs": repr(run.epochs)}
    searches = [other.search.run for other in alike if other.search is not None and other.search.run is not None]
    if len(searches) == len(alike):
        search = _experiment(run.search.run, searches)
        if run.search.run.data is not None:
            search["data"] = run.search.run.data.fingerprint[:_FINGERPRINT]
        flat.update({f"search.{name}": value for name, value in search.items()})
    return flat


def _experiment(run: SearchRun | EvaluateRun, alike: Sequence[SearchRun | EvaluateRun]) -> dict[str, str]:
    """What the config decides; where the data lay does not if all like runs recorded what they were."""
    recorded = all(other.data is not None for other in alike)
    left_out = PLACES["data"] if recorded else ()
    return {name: value for name, value in experiment(run.config).items() if name not in left_out}


def _difference(key: tuple, setup: tuple, groups: Sequence[tuple]) -> str:
    """Settings that set a group apart: from its data set's others, or from the same method's."""
    dataset = [(k, dict(s)) for k, s in groups if k[0] == key[0]]
    shared = [{n: v for n, v in s.items() if not n.startswith("search.")} for _, s in dataset]
    names = set(varying(shared)) | set(varying([s for k, s in dataset if k == key]))
    return describe(dict(setup), sorted(names))


def _row(runs: Sequence[EvaluateRun], setup: str) -> Row:
    scores, measure = [run.score for run in runs], runs[0].measure
    searches = {str(run.search.workdir): run for run in runs if run.search is not None}
    return Row(
        dataset=runs[0].dataset,
        method=method_name(runs[0]),
        origin=SEARCHED if searches else RETRAINED,
        n=len(runs),
        searches=len(searches),
        measure=measure,
        mean=fmean(scores),
        std=stdev(scores) if len(scores) > 1 and all(map(math.isfinite, scores)) else None,
        best=max(scores) if measure.larger_is_better else min(scores),
        params=_range([run.params for run in runs]),
        macs=_range([run.macs for run in runs]),
        epochs=_range([run.epochs for run in runs]),
        cost=_cost(list(searches.values())),
        setup=setup,
        runs=tuple(run.path for run in runs),
    )


def _range(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)


def _cost(runs: Sequence[EvaluateRun]) -> Cost | None:
    """Mean cost of the searches behind these runs, one run per search."""
    if not runs:
        return None
    searches: list[SearchRun | None] = [run.search.run for run in runs]
    days = [run.search.gpu_days for run in runs]
    known = [search for search in searches if search is not None]
    complete = len(known) == len(searches)
    return Cost(
        seconds=fmean(search.seconds for search in known) if complete else None,
        gpu_days=fmean(days) if None not in days else None,
        device=", ".join(sorted({str(search.device) for search in known})) if complete else None,
    )
