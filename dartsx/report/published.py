"""Published results: facts from papers and repositories, each with its source.

``published.csv`` holds them. Its confidence column says "verified-in-file" where the figure was
read in the source itself and "second-hand" where it was read in a text that quotes the source.
Figures that nobody has looked up are not in the file.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from importlib import resources

VERIFIED = "verified-in-file"
SECOND_HAND = "second-hand"

# Labels of data sets as runs carry them -> the name under which results are published.
NAMES = {
    "cifar10": "CIFAR-10",
    "cifar-10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "cifar-100": "CIFAR-100",
    "imagenet": "ImageNet",
    "imagenet2012": "ImageNet",
}

_ADDITION = re.compile(r"(.+?) \((.+)\)")


@dataclass(frozen=True)
class PublishedResult:
    """One published figure; None where the source gives no value.

    Errors are in percent, params and macs in millions, cost in GPU days.
    """

    method: str
    dataset: str
    test_error: float
    std: float | None
    top5_error: float | None
    params_m: float | None
    macs_m: float | None
    gpu_days: float | None
    search: str
    source: str
    confidence: str
    note: str

    @property
    def mark(self) -> str:
        """How to mark the row: always as published, and whether it is second-hand."""
        second_hand = self.confidence == SECOND_HAND
        return "published, second-hand" if second_hand else "published"


@dataclass(frozen=True)
class Citations:
    """Published results for one data set, and what a reader must know about them."""

    dataset: str
    results: tuple[PublishedResult, ...]
    note: str


@functools.cache
def published_results() -> tuple[PublishedResult, ...]:
    """All published results that ship with the project, in the order of the file."""
    file = resources.files(__package__) / "published.csv"
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(_result(row) for row in rows)


def cite(dataset: str) -> Citations:
    """Published results for a data set, by the label that runs carry.

    A label with an addition in brackets, such as "CIFAR-10 (JPEG)", cites the results of the data
    set itself, with a note that the data differ.
    """
    name, match = dataset_name(dataset), _ADDITION.fullmatch(dataset)
    results = tuple(result for result in published_results() if result.dataset == name)
    if not results:
        return Citations(dataset, (), f"No published results for {dataset} are known here.")
    note = (
        f"Published results on {name}, as cited: other code, other training. They are not ranked with the runs above."
    )
    if match:
        differs = "its lossy copies have other pixels than" if match[2] == "JPEG" else "it is not"
        note += f" The runs above used {dataset}: {differs} {name}."
    return Citations(dataset, results, note)


def dataset_name(label: str) -> str:
    """Name under which results on a data set are published: an addition in brackets is left out."""
    match = _ADDITION.fullmatch(label)
    base = match[1] if match else label
    return NAMES.get(base.lower(), base)


def _result(row: dict[str, str]) -> PublishedResult:
    def number(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    return PublishedResult(
        method=row["method"],
        dataset=row["dataset"],
        test_error=float(row["test_error_pct"]),
        std=number("std"),
        top5_error=number("top5_error_pct"),
        params_m=number("params_M"),
        macs_m=number("mult_adds_M"),
        gpu_days=number("search_cost_gpu_days"),
        search=row["search_method"],
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )
