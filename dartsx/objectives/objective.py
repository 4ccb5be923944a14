"""What every objective promises: scores of architectures, as numbers with a name, a unit and a direction."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dartsx.catalog import Measure
from dartsx.spaces import Architecture

Scores = Mapping[str, float]
"""Numbers by the name of their measure; one that could not be had is left out, or NaN."""

VALID_ACCURACY = Measure("valid_accuracy", "%", larger_is_better=True)
TEST_ACCURACY = Measure("test_accuracy", "%", larger_is_better=True)
PARAMS = Measure("params", "", larger_is_better=False)
MACS = Measure("macs", "multiply-adds of an example", larger_is_better=False)
TRAINING_MACS = Measure("training_macs", "multiply-adds of the forward passes of training", larger_is_better=False)


class Objective(Protocol):
    """A function from architectures to scores, with what its numbers mean.

    Attributes:
      measures: name -> what the number of that name in scores means; all that scores may hold.
    """

    @property
    def measures(self) -> Mapping[str, Measure]: ...  # noqa: D102

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """Scores in the order of the architectures.

        Args:
          architectures: the architectures to be scored.
          budget: what may be spent on each, in the unit that the objective states; None for its own default.
        """
        ...
