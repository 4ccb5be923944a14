"""Scores from NAS-Bench-201's table, with what training the cell would have cost."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dartsx.objectives.objective import MACS, PARAMS, TEST_ACCURACY, TRAINING_MACS, VALID_ACCURACY, Measure, Scores
from dartsx.spaces import NB201, Architecture
from dartsx.tabular import NB201Table, TableError
from dartsx.tabular.files import read_csv
from dartsx.tabular.nb201 import DATASETS, MEASURED, index

TRAINING_IMAGES = {
    ("cifar10", 12): 25_000,
    ("cifar10", 200): 50_000,
    ("cifar100", 12): 50_000,
    ("cifar100", 200): 50_000,
    ("in16", 12): 151_700,
    ("in16", 200): 151_700,
}
"""Images of an epoch (arXiv:2001.00326, section 2.2), by data set and budget."""

EPOCHS = tuple(sorted({epochs for epochs, _ in MEASURED}))
SECONDS = Measure("training_seconds", "s", larger_is_better=False)
OWN_MEASURES = (VALID_ACCURACY, TEST_ACCURACY, PARAMS, MACS, TRAINING_MACS)


@dataclass(frozen=True, eq=False)
class NB201Objective:
    """Accuracies after training for 12 or 200 epochs: the budget, 12 by default.

    Attributes:
      table: table of the benchmark.
      dataset: ``cifar10``, ``cifar100`` or ``in16``.
      further: what else is known of the cells, such as their latency: float64 [15625] by index, by measure.
      seconds: seconds of training each cell for 12 epochs, as `read_cells` reads them; None if not known. What 200
        epochs take is estimated by the images that are trained on.

    Raises TableError for another data set.
    """

    table: NB201Table
    dataset: str = "cifar10"
    further: Mapping[Measure, np.ndarray] = field(default_factory=dict)
    seconds: np.ndarray | None = None

    def __post_init__(self):
        if self.dataset not in DATASETS:
            raise TableError(f"no data set {self.dataset!r} in NAS-Bench-201; allowed: {', '.join(DATASETS)}")

    @property
    def measures(self) -> dict[str, Measure]:
        """Accuracies, size, the simulated cost of training, and what else is known."""
        timed = () if self.seconds is None else (SECONDS,)
        return {m.name: m for m in (*OWN_MEASURES, *timed, *self.further)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Look cells up; what the table lacks is left out.

        Raises TableError for another budget, GenotypeError for what is no cell of the space.
        """
        epochs = EPOCHS[0] if budget is None else budget
        if epochs not in EPOCHS:
            raise TableError(f"NAS-Bench-201 was not trained for {epochs} epochs; allowed: {EPOCHS}")
        columns = self.columns(epochs)
        rows = [index(architecture) for architecture in architectures]
        return [{name: float(c[row]) for name, c in columns.items() if np.isfinite(c[row])} for row in rows]

    def columns(self, epochs: int) -> Mapping[str, np.ndarray]:
        """Scores of all cells after so many epochs, float64 [15625] by index, by the name of the measure."""
        columns = {f"{s}_accuracy": self.table.accuracies(self.dataset, e, s) for e, s in MEASURED if e == epochs}
        columns["params"] = self.table.columns[f"params_{self.dataset}"]
        columns["macs"] = self.table.columns[f"flops_{self.dataset}"]
        columns["training_macs"] = columns["macs"] * (epochs * TRAINING_IMAGES[self.dataset, epochs])
        if self.seconds is not None:
            seen = {e: e * TRAINING_IMAGES[self.dataset, e] for e in EPOCHS}
            columns[SECONDS.name] = self.seconds * (seen[epochs] / seen[EPOCHS[0]])
        return columns | {measure.name: column for measure, column in self.further.items()}


def read_cells(path: str | os.PathLike, column: str) -> np.ndarray:
    """A number of every cell, float64 [15625] by index, NaN where the file has none.

    Args:
      path: CSV file with a column ``arch_index``, such as tables of latencies and energies (HW-NAS-Bench).
      column: name of the column.

    Raises TableError for what is no such file.
    """
    frame, values = read_csv(pathlib.Path(path), "arch_index", (column,), None), np.full(NB201.count(), np.nan)
    try:
        values[frame["arch_index"].astype(int)] = frame[column]
    except (ValueError, IndexError) as error:
        raise TableError(f"{path}: arch_index is no index of the benchmark: {error}") from None
    return values
