"""The table of NAS-Bench-201 (arXiv:2001.00326): every cell trained for 12 and 200 epochs on three data sets.

Columns follow the benchmark's own conventions: after 200 epochs the mean over its seeds of the test accuracy (CIFAR-10:
trained on all training images; the other two: on its test half); after 12 epochs one seed, the validation accuracy of
CIFAR-10 being that of training on half of the images.

The CSV that ships with the package lists these figures of NATS-Bench (https://github.com/D-X-Y/NATS-Bench) with four
digits, a row per cell in the benchmark's order.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dartsx.spaces import NB201, GenotypeError, Topology, nb201
from dartsx.spaces.errors import unknown
from dartsx.tabular import natsbench
from dartsx.tabular.files import TableError, existing, read_csv, shipped

DATASETS = tuple(nb201.CLASSES)
SHA256 = "65cecad1620677a6b868c52f82405189b6162768d90d1bf3e4607d26ab53be47"
SOURCE = (
    f"the CSV form, or NATS-Bench's {natsbench.NAME}-simple folder or {natsbench.NAME}.pickle.pbz2 from "
    "https://github.com/D-X-Y/NATS-Bench"
)
MEASURED = {(200, "test"): "test_200ep", (12, "valid"): "valid_12ep", (12, "test"): "test_12ep"}

Cell = Topology | str | int


@dataclass(frozen=True, eq=False)
class NB201Table:
    """What the benchmark measured, by its index.

    A cell is given as a topology, as its architecture string, or as its index. Isomorphic cells were trained apart and
    have figures of their own, as in the benchmark; `isomorphic` lists them.

    Attributes:
      columns: by name such as ``cifar10_test_200ep`` (percent), ``params_in16`` or ``flops_cifar100``: float64
        [15625], NaN for what the file lacks.
    """

    columns: Mapping[str, np.ndarray]

    def accuracy(self, cell: Cell, dataset: str = "cifar10", epochs: int = 200, split: str = "test") -> float:
        """Accuracy in percent.

        Raises TableError for what the benchmark does not have, or this file lacks.
        """
        return self._entry(self.accuracies(dataset, epochs, split), cell, f"{dataset} accuracy")

    def accuracies(self, dataset: str = "cifar10", epochs: int = 200, split: str = "test") -> np.ndarray:
        """Accuracies of all cells in percent, float64 [15625], by index."""
        if (epochs, split) not in MEASURED:
            allowed = ", ".join(f"{s} after {e} epochs" for e, s in MEASURED)
            raise TableError(f"no {split} accuracy after {epochs} epochs; allowed: {allowed}")
        return self.columns[f"{_known(dataset)}_{MEASURED[epochs, split]}"]

    def params(self, cell: Cell, dataset: str = "cifar10") -> int:
        """Trainable parameters."""
        return round(self._entry(self.columns[f"params_{_known(dataset)}"], cell, "number of parameters"))

    def flops(self, cell: Cell, dataset: str = "cifar10") -> int:
        """Multiply-adds of one image, as the benchmark counts them (the biases of the linear layer included)."""
        return round(self._entry(self.columns[f"flops_{_known(dataset)}"], cell, "number of multiply-adds"))

    def best(self, dataset: str = "cifar10", epochs: int = 200, split: str = "test") -> tuple[int, float]:
        """Index and accuracy of the best cell.

        Raises TableError as `accuracy` does.
        """
        values = self.accuracies(dataset, epochs, split)
        if np.isnan(values).all():
            raise TableError(f"the table's file has no {dataset} accuracy of any cell")
        index = int(np.nanargmax(values))
        return index, float(values[index])

    def isomorphic(self, cell: Cell) -> tuple[int, ...]:
        """Indices of all cells that compute the same by the benchmark's rule, the cell itself among them."""
        return tuple(np.flatnonzero(self.unique_ids == self.unique_ids[index(cell)]).tolist())

    @cached_property
    def unique_ids(self) -> np.ndarray:
        """Number of each cell's class of isomorphic cells, int [15625], in order of first appearance: 0 to 6465."""
        seen: dict[str, int] = {}
        return np.array([seen.setdefault(t.canonical(), len(seen)) for t in nb201.topologies()])

    def _entry(self, values: np.ndarray, cell: Cell, what: str) -> float:
        value = float(values[index(cell)])
        if np.isnan(value):
            raise TableError(f"the table's file has no {what} of cell {index(cell)}")
        return value


def index(cell: Cell) -> int:
    """Return the benchmark's index of a cell.

    Raises GenotypeError if it is none of the space.
    """
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool):
        nb201.cell_at(int(cell))
        return int(cell)
    return nb201.index_of(cell)


def load_nb201(path: str | os.PathLike = "", *, verify: bool = True) -> NB201Table:
    """Read the table.

    Args:
      path: empty for the CSV that ships with the package. Else another file in that form (.csv, also .xz, .gz, .bz2),
        or NATS-Bench's own: the folder NATS-tss-...-simple, or the file NATS-tss-....pickle.pbz2. These two take
        minutes; pickles are read without running any code.
      verify: check the checksum (CSV: SHA-256 of the text; pickle: the MD5 that its name ends with).

    Raises TableError: nothing is there, or it is damaged or no such table.
    """
    path = existing(path or shipped("nb201.csv.xz"), "NAS-Bench-201", SOURCE)
    if path.is_dir() or path.suffix == ".pbz2":
        return NB201Table(natsbench.read(path, verify=verify))
    names = [f"{d}_{m}" for d in DATASETS for m in MEASURED.values()]
    names += [f"{kind}_{d}" for kind in ("params", "flops") for d in DATASETS]
    frame = read_csv(path, "arch_str", names, SHA256 if verify else None)
    try:
        order = [nb201.index_of(text) for text in frame["arch_str"]]
    except GenotypeError as error:
        raise TableError(f"{path}: {error}") from None
    if len(set(order)) != len(order):
        raise TableError(f"{path}: a cell is listed twice")
    columns = {}
    for name in names:
        columns[name] = np.full(NB201.count(), np.nan)
        columns[name][order] = frame[name]
    return NB201Table(columns)


def _known(dataset: str) -> str:
    if dataset not in DATASETS:
        raise TableError(unknown("data set", dataset, DATASETS))
    return dataset
