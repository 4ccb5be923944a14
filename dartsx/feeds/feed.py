"""What training of a fixed network reads its batches from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax

from dartsx.feeds.evaluation import Outputs
from dartsx.losses import Loss


class Feed(Protocol):
    """Where the batches come from: `InMemory` or `Streamed`.

    Attributes:
      steps: full batches in one pass over the training images.
      arrays: what every step may read, on the device.
    """

    steps: int
    arrays: Any

    def rows(self, epoch: int, first: int, count: int) -> Any:
        """What these steps of an epoch read: leaves [count, ...], on the device, split over it by batches."""
        ...

    def batch(self, arrays: Any, row: Any, key: jax.Array) -> Any:
        """An augmented training batch from one of the `rows`; for use inside jit."""
        ...

    def evaluator(self, outputs: Outputs, loss: Loss) -> Callable[[Any], dict[str, float]]:
        """A function of a state: loss and metrics on the test images, every one exactly once."""
        ...

    def close(self) -> None:
        """Stops what reads in the background."""
        ...
