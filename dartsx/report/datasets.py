"""One name for each data set: by what it is, where runs recorded that, and not by what it was called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dartsx.report.records import Data, EvaluateRun, SearchRun

_DIGITS = 8  # of a fingerprint in a name


def named_apart(runs: Mapping[Path, SearchRun | EvaluateRun]) -> dict[Path, SearchRun | EvaluateRun]:
    """The same runs, with the same name for the same data and another for others.

    Data that were found under several names get the first of them. Where one name stands for several data sets, part of
    the fingerprint is added. Runs whose fingerprints cannot be compared, since other things were hashed or the images
    resized to another size, keep a common name: their settings differ. So do those that recorded none.
    """
    labels: dict[str, set[str]] = {}
    for run in runs.values():
        if run.data is not None:
            labels.setdefault(run.data.fingerprint, set()).add(run.dataset)
    common = {fingerprint: min(names) for fingerprint, names in labels.items()}
    known = {run.data for run in runs.values() if run.data is not None}
    return {path: replace(run, dataset=_name(run, common, known)) for path, run in runs.items()}


def _name(run: SearchRun | EvaluateRun, common: Mapping[str, str], known: set[Data]) -> str:
    if run.data is None:
        return run.dataset
    label = common[run.data.fingerprint]
    alike = {data for data in known if common[data.fingerprint] == label}
    hashed = [data.hashed for data in alike]
    if len(hashed) == len(set(hashed)):
        return label
    return f"{label} (data {run.data.fingerprint.partition(':')[2][:_DIGITS]})"
