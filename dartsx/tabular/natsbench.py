"""Reads NATS-Bench's own files of the topology space (arXiv:2009.00437) into the columns of the table.

A file ``000011.pickle.pbz2`` of the folder ``NATS-tss-v1_0-3ffb9-simple`` maps '12' and '200' (epochs) to what was
measured of cell 11: ``arch_str``, ``dataset_seed`` {data set: seeds} and ``all_results`` {(data set, seed): trial}. A
trial has ``epochs``, ``params`` and ``flop`` in millions, and ``eval_acc1es`` {'x-valid@11': percent, ...}. The single
file ``NATS-tss-v1_0-3ffb9.pickle.pbz2`` holds all cells under ``arch2infos``.

Unpickling runs what a file asks for, so only plain containers and NumPy scalars are let in.
"""

import bz2
import collections
import hashlib
import io
import pathlib
import pickle
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from dartsx.spaces import NB201, nb201
from dartsx.tabular.files import TableError, read_bytes

NAME = "NATS-tss-v1_0-3ffb9"
_FILE = re.compile(r"0*([0-9]+)\.pickle\.pbz2")
_CODE = re.compile(r"-([0-9a-f]{5})\.pickle\.pbz2$")

# Column -> (epochs, the benchmark's data set, its split).
_MEASURED = {
    "cifar10_test_200ep": ("200", "cifar10", "ori-test"),
    "cifar100_test_200ep": ("200", "cifar100", "x-test"),
    "in16_test_200ep": ("200", "ImageNet16-120", "x-test"),
    "cifar10_valid_12ep": ("12", "cifar10-valid", "x-valid"),
    "cifar10_test_12ep": ("12", "cifar10", "ori-test"),
    "cifar100_valid_12ep": ("12", "cifar100", "x-valid"),
    "cifar100_test_12ep": ("12", "cifar100", "x-test"),
    "in16_valid_12ep": ("12", "ImageNet16-120", "x-valid"),
    "in16_test_12ep": ("12", "ImageNet16-120", "x-test"),
}
_NAMES = {"cifar10": "cifar10", "cifar100": "cifar100", "in16": "ImageNet16-120"}
_COSTS = {"params": "params", "flops": "flop"}
_MULTIARRAY = {"numpy.core.multiarray", "numpy._core.multiarray"}  # before and since NumPy 2


def read(path: pathlib.Path, *, verify: bool = True) -> dict[str, np.ndarray]:
    """Return the columns of the table, float64 [15625], NaN where the files have nothing.

    Args:
      path: the folder with a file per cell, or the file with all cells.
      verify: check the file's MD5 against the five digits of its name; a folder has no checksum.

    Raises TableError: damaged, of another space, or asking for anything but plain data.
    """
    names = [*_MEASURED, *(f"{kind}_{dataset}" for kind in _COSTS for dataset in _NAMES)]
    columns = {name: np.full(NB201.count(), np.nan) for name in names}
    count = 0
    for where, index, by_epochs in _cells(path, verify):
        try:
            _fill(columns, index, by_epochs)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TableError(f"{where}: not as NATS-Bench writes it: {error!r}") from None
        count += 1
    if not count:
        raise TableError(f"{path} holds no file such as 000000.pickle.pbz2")
    return columns


class _PlainUnpickler(pickle.Unpickler):
    """Unpickles containers, numbers and texts only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if module in _MULTIARRAY and name == "scalar":
            return np.float64(0).__reduce__()[0]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not plain data")


def _load(content: bytes, where: str) -> Any:
    try:
        return _PlainUnpickler(io.BytesIO(content)).load()
    except Exception as error:  # a damaged pickle may raise anything
        raise TableError(f"{where} is not read: {error}") from None


def _cells(path: pathlib.Path, verify: bool):
    """(place, index, what was measured by epochs) of every cell there."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if match := _FILE.fullmatch(file.name):
                yield str(file), int(match[1]), _load(read_bytes(file), str(file))
        return
    content = path.read_bytes()
    code = _CODE.search(path.name)
    if verify and code and not hashlib.md5(content).hexdigest().startswith(code[1]):
        raise TableError(f"{path}: its MD5 does not start with {code[1]}, as its name says: damaged; download it again")
    try:
        plain = bz2.decompress(content)
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read: {error}") from None
    whole = _load(plain, str(path))
    if not isinstance(whole, Mapping) or "arch2infos" not in whole:
        raise TableError(f"{path}: no arch2infos in it: not NATS-Bench's file of all cells")
    for index, by_epochs in whole["arch2infos"].items():
        yield f"{path}, cell {index}", int(index), by_epochs


def _fill(columns: dict[str, np.ndarray], index: int, by_epochs: Mapping[str, Mapping]) -> None:
    for cell in by_epochs.values():
        if cell["arch_str"] != nb201.strings()[index]:
            raise ValueError(f"cell {index} is {cell['arch_str']}; in NAS-Bench-201 it is {nb201.strings()[index]}")
    for column, (epochs, dataset, split) in _MEASURED.items():
        trials = _trials(by_epochs, epochs, dataset)
        if trials:
            values = [trial["eval_acc1es"][f"{split}@{trial['epochs'] - 1}"] for trial in trials]
            columns[column][index] = np.mean(values)
    for kind, key in _COSTS.items():
        for dataset, name in _NAMES.items():
            trials = _trials(by_epochs, "200", name) or _trials(by_epochs, "12", name)
            if trials:
                columns[f"{kind}_{dataset}"][index] = np.round(np.mean([t[key] for t in trials]) * 1e6)


def _trials(by_epochs: Mapping[str, Mapping], epochs: str, dataset: str) -> list[Mapping]:
    cell = by_epochs.get(epochs, {"dataset_seed": {}})
    return [cell["all_results"][dataset, seed] for seed in cell["dataset_seed"].get(dataset, ())]
