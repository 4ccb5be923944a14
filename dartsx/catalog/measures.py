"""What numbers say: of an architecture, and of a trained network by its task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """What a number says of an architecture.

    Attributes:
      name: its key in the scores.
      unit: such as ``%``, ``s`` or ``MACs``; empty for plain numbers.
      larger_is_better: its direction.

    Example: ``Measure("latency", "ms", larger_is_better=False).utility({"latency": 3.0}) == -3.0``.
    """

    name: str
    unit: str
    larger_is_better: bool

    def utility(self, scores: Mapping[str, float]) -> float:
        """The number with the sign by which larger is better; NaN where it is missing or not finite."""
        value = scores.get(self.name, math.nan)
        if not math.isfinite(value):
            return math.nan
        return value if self.larger_is_better else -value

    @property
    def worst(self) -> float:
        """What a number that is not finite counts as: infinity, with the sign that is worse than all others."""
        return -math.inf if self.larger_is_better else math.inf

    @property
    def label(self) -> str:
        """Its name in words, with the unit: ``test error (%)``."""
        words = self.name.replace("_", " ")
        return f"{words} ({self.unit})" if self.unit else words


# Task -> the figure by which its results are ranked, a field of result.json.
RESULTS = {
    "classification": Measure("test_error", "%", larger_is_better=False),
    "detection": Measure("test_ap", "%", larger_is_better=True),
    "segmentation": Measure("test_miou", "%", larger_is_better=True),
    "language": Measure("test_perplexity", "", larger_is_better=False),
    "super_resolution": Measure("test_psnr", "dB", larger_is_better=True),
}

# Task -> the figure of the supernet on the examples that train the alphas, a field of a search's result.json.
SEARCHED = {
    "classification": Measure("valid_accuracy", "", larger_is_better=True),
    "detection": Measure("valid_loss", "", larger_is_better=False),
    "segmentation": Measure("valid_miou", "", larger_is_better=True),
    "language": Measure("valid_loss", "", larger_is_better=False),
    "super_resolution": Measure("valid_psnr", "dB", larger_is_better=True),
}
