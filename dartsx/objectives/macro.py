"""Scores from NAS-Bench-Macro's table.

Its space is ``nb_macro``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dartsx.objectives.objective import MACS, PARAMS, TEST_ACCURACY, Measure, Scores
from dartsx.spaces import Architecture, GenotypeError
from dartsx.spaces.chains.nb_macro import OPTIONS
from dartsx.spaces.errors import unknown
from dartsx.tabular import MacroTable, TableError
from dartsx.tabular.macro import LAYERS


@dataclass(frozen=True, eq=False)
class MacroObjective:
    """Mean test accuracy of the three seeds; there is one budget, the benchmark's 50 epochs.

    Attributes:
      table: table of the benchmark.
    """

    table: MacroTable

    measures: ClassVar[dict[str, Measure]] = {m.name: m for m in (TEST_ACCURACY, PARAMS, MACS)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Look architectures up.

        Raises TableError for another budget, GenotypeError for what is no architecture of the space.
        """
        if budget not in (None, 50):
            raise TableError(f"NAS-Bench-Macro was not trained for {budget} epochs; allowed: 50")
        return [self._scores(digits(architecture)) for architecture in architectures]

    def columns(self) -> dict[str, np.ndarray]:
        """Scores of all architectures, float64 [6561] in the order of the table, by the name of the measure."""
        names = {TEST_ACCURACY.name: "mean_acc", PARAMS.name: "params", MACS.name: "flops"}
        return {name: self.table.frame[column].to_numpy(np.float64) for name, column in names.items()}

    def _scores(self, name: str) -> Scores:
        table = self.table
        return {"test_accuracy": table.accuracy(name), "params": table.params(name), "macs": table.flops(name)}


def digits(architecture: Architecture) -> str:
    """The benchmark's name of an architecture, eight digits.

    Raises GenotypeError if it is none of the space.
    """
    chosen, names = architecture.choices, [f"layer{i}" for i in range(LAYERS)]
    if set(chosen) != set(names):
        raise GenotypeError(f"NAS-Bench-Macro has the decisions {', '.join(names)}, not {', '.join(chosen)}")
    for name in names:
        if chosen[name] not in OPTIONS:
            raise GenotypeError(f"{name}: {unknown('option', chosen[name], OPTIONS)}")
    return "".join(str(OPTIONS.index(chosen[name])) for name in names)
