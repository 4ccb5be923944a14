"""What a report knows about runs: frozen records of finished searches and evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dartsx.catalog import Measure
from dartsx.spaces import Architecture

if TYPE_CHECKING:
    from dartsx.report.weights import Group


@dataclass(frozen=True)
class Device:
    """The devices that a run used, such as 4 of kind "TPU v4"."""

    kind: str
    count: int

    def __str__(self):
        return self.kind if self.count == 1 else f"{self.count} x {self.kind}"


@dataclass(frozen=True)
class Data:
    """What the data of a run were, wherever they lay.

    Attributes:
        fingerprint: equal for equal data, ``sha256:`` and digits.
        hashed: what was hashed, and the size that images were resized to; fingerprints of others cannot be compared.
    """

    fingerprint: str
    hashed: str


@dataclass(frozen=True)
class Metric:
    """One measurement: name is "loss" or "accuracy", split "train", "valid" or "test"; or a figure of a diagnosis."""

    epoch: int
    split: str
    name: str
    value: float


@dataclass(frozen=True)
class SearchRun:
    """A finished search.

    Attributes:
        path: its work directory.
        dataset: label of the data, such as "CIFAR-10 (JPEG)".
        data: what they were; None where the run did not record it.
        method: such as "darts first_order".
        config: the resolved config.
        metrics: losses and accuracies, in the order in which they were written.
        epochs: those whose weights are logged.
        groups: tables of the weights by which the search derives, one per cell type or for all decisions.
        diagnosis: what else was measured as epochs ended, split "diagnosis".
        architectures: what it would have derived as each epoch ended, with the epoch.
        seconds: wall clock of all that found the architecture, see `dartsx.search.SearchResult`; of older runs that of
            steps.
        gpu_days: device days as the run recorded them; None where it gave none.
        valid_accuracy: accuracy of the supernet on validation examples, 0 to 1, see `dartsx.search.Search.evaluate`;
            None where the task has none, or it is not finite.
    """

    path: Path
    dataset: str
    method: str
    seed: int
    device: Device
    config: Mapping[str, Any]
    metrics: tuple[Metric, ...]
    epochs: tuple[int, ...]
    groups: tuple[Group, ...]
    genotype: Architecture
    seconds: float
    gpu_days: float | None
    valid_accuracy: float | None
    diagnosis: tuple[Metric, ...] = ()
    data: Data | None = None
    architectures: tuple[tuple[int, Architecture], ...] = ()


@dataclass(frozen=True)
class SearchSource:
    """The search that an evaluated genotype came from, as its evaluation recorded it.

    ``run`` is that search where it could be read, else None.
    """

    workdir: Path
    method: str
    gpu_days: float | None
    run: SearchRun | None = None


@dataclass(frozen=True)
class EvaluateRun:
    """A finished evaluation: one network trained from scratch and tested.

    Attributes:
        measure: what the task ranks results by, such as the test error in percent.
        score: its value; where that is not finite (null in ``result.json``) what `Measure.worst` says.
        params: trainable parameters, without the auxiliary head.
        macs: multiply-adds of one image.
        genotype_name: the published name, such as "NASNet-A" or "resnet18", or None.
        genotype: what was trained; None for a network by name.
        search: where the genotype came from; None if it was not searched here.
        data: as of a search.
        examples: content of its ``examples.json``, see `sheet_svg`; None where there is none.
    """

    path: Path
    dataset: str
    seed: int
    device: Device
    config: Mapping[str, Any]
    metrics: tuple[Metric, ...]
    measure: Measure
    score: float
    params: int
    macs: int
    epochs: int
    seconds: float
    genotype_name: str | None
    genotype: Architecture | None
    search: SearchSource | None
    data: Data | None = None
    examples: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Excluded:
    """A run that was given and is not in the tables, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Runs:
    """Everything that was found in the given places."""

    searches: tuple[SearchRun, ...]
    evaluates: tuple[EvaluateRun, ...]
    excluded: tuple[Excluded, ...]
