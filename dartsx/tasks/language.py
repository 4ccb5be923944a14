"""The next word of a text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax

from dartsx.data import AugmentPolicy
from dartsx.data.text import TextDataset
from dartsx.feeds import Examples, sequence_examples
from dartsx.losses import Inputs, Loss, Score, accuracy_or_loss, first, next_word, perplexity


@dataclasses.dataclass(frozen=True, eq=False)
class Language:
    """The `Task` of a text: every word from those before it."""

    dataset: TextDataset

    name: ClassVar[str] = "language"
    inputs: ClassVar[Inputs] = staticmethod(first)
    score: ClassVar[Score] = staticmethod(accuracy_or_loss)
    collected: ClassVar[None] = None
    pictures: ClassVar[None] = None

    @property
    def network(self) -> Mapping[str, Any]:
        """Networks must know how many words of an example only prepare the state."""
        return {"context": self.dataset.context}

    def examples(self, part: str, policy: AugmentPolicy, dtype: str, mesh: jax.sharding.Mesh) -> Examples:
        """Sequences of words; nothing is done to them."""
        del policy, dtype
        return sequence_examples(getattr(self.dataset, part), self.dataset.steps, self.dataset.context, mesh)

    @staticmethod
    def loss(label_smoothing: float = 0.0) -> Loss:
        """See `dartsx.losses.next_word`."""
        return next_word(label_smoothing)

    @staticmethod
    def result(tested: Mapping[str, float]) -> dict[str, float]:
        """Perplexity, and its logarithm, the loss."""
        return {"test_perplexity": perplexity(tested["loss"]), "test_loss": tested["loss"]}
