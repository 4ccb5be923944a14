"""The table of NAS-Bench-Macro (arXiv:2103.11922): all 3^8 networks of eight layers, trained on CIFAR-10.

A network is written as eight digits: 0 identity, 1 an inverted bottleneck of kernel 3 and expansion 3, 2 of kernel 5
and expansion 6. The CSV that ships with the package lists the figures of the authors' nas-bench-macro_cifar10.json
(https://github.com/xiusu/NAS-Bench-Macro), a row per network.
"""

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dartsx.tabular.files import TableError, existing, numbers, read_bytes, read_csv, shipped

SHA256 = "b7d03c58af6cd8361ca7b209e15961f0d052926a1bfb01e3dd7c73208bfcc263"
SOURCE = "the CSV form, or nas-bench-macro_cifar10.json from https://github.com/xiusu/NAS-Bench-Macro"
LAYERS, CHOICES = 8, 3
_DIGITS = "[0-2]{8}"
SEEDS = ("acc1", "acc2", "acc3")
COLUMNS = (*SEEDS, "mean_acc", "std", "params", "flops")


@dataclass(frozen=True, eq=False)
class MacroTable:
    """Test accuracies in percent, parameters and multiply-adds by architecture; ``frame`` is indexed by its digits."""

    frame: pd.DataFrame

    def accuracy(self, architecture: str) -> float:
        """Mean test accuracy over the three seeds."""
        return float(self.frame.at[self._row(architecture), "mean_acc"])

    def accuracies(self, architecture: str) -> tuple[float, ...]:
        """Test accuracy of each seed."""
        return tuple(float(self.frame.at[self._row(architecture), seed]) for seed in SEEDS)

    def params(self, architecture: str) -> int:
        """Trainable parameters."""
        return int(self.frame.at[self._row(architecture), "params"])

    def flops(self, architecture: str) -> int:
        """Multiply-adds of one image."""
        return int(self.frame.at[self._row(architecture), "flops"])

    def best(self) -> tuple[str, float]:
        """The best architecture and its mean accuracy; of isomorphic ones, which share it, the last."""
        return self._best

    @cached_property
    def _best(self) -> tuple[str, float]:
        means = self.frame["mean_acc"]
        name = means.index[np.flatnonzero(means == means.max())[-1]]
        return str(name), float(means.max())

    def _row(self, architecture: str) -> str:
        if not isinstance(architecture, str) or not re.fullmatch(_DIGITS, architecture):
            raise TableError(f"no architecture {architecture!r}; allowed: eight digits of 0, 1 and 2")
        if architecture not in self.frame.index:
            raise TableError(f"the table's file has no architecture {architecture}")
        return architecture


def load_macro(path: str | os.PathLike = "", *, verify: bool = True) -> MacroTable:
    """Read the table: by default the CSV that ships with the package.

    Args:
      path: another file, in the CSV form (.csv, .xz, ...) or its authors' JSON.
      verify: check the SHA-256 of the CSV's text.

    Raises TableError: nothing is there, or it is damaged or no such table.
    """
    path = existing(path or shipped("nasbench_macro.csv.xz"), "NAS-Bench-Macro", SOURCE)
    if path.suffix == ".json":
        return MacroTable(_from_json(read_bytes(path), str(path)))
    frame = read_csv(path, "arch", COLUMNS, SHA256 if verify else None)
    return MacroTable(_indexed(frame.set_index("arch"), str(path)))


def _from_json(content: bytes, where: str) -> pd.DataFrame:
    try:
        entries = json.loads(content)
        rest = COLUMNS[len(SEEDS) :]
        rows = {name: [*entry["test_acc"], *(entry[key] for key in rest)] for name, entry in entries.items()}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise TableError(f"{where} is not NAS-Bench-Macro's JSON: {error!r}") from None
    return _indexed(numbers(frame, COLUMNS, where), where)


def _indexed(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    odd = [name for name in frame.index if not re.fullmatch(_DIGITS, name)]
    if frame[list(COLUMNS)].isna().any(axis=None):
        raise TableError(f"{where}: a figure is missing")
    if odd or not frame.index.is_unique or not len(frame):
        problem = f"{odd[0]!r} is no architecture" if odd else "an architecture is listed twice, or none is"
        raise TableError(f"{where}: {problem}")
    return frame
