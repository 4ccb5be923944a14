"""What the network of an architecture costs, counted or by tables of latencies: nothing is trained or compiled."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from dartsx.networks import Network
from dartsx.objectives.objective import MACS, PARAMS, Measure, Scores
from dartsx.spaces import Architecture, Scale, Space

Latency = Callable[[Network, Architecture], float]
"""(network, architecture) -> milliseconds; ValueError where a table lacks one of its blocks."""


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkCosts:
    """An objective without budget: parameters and multiply-adds, exactly, and latencies.

    Attributes:
      space: the space of the architectures.
      scale: scale of their networks; None for the space's own.
      image_shape: (H, W, channels); None for the network's own.
      latencies: by name of a device how its latency is found, such as
        ``lambda network, architecture: latency_of(network, table)`` with a table of `dartsx.cost.read_table`.
    """

    space: Space
    scale: Scale | None = None
    image_shape: tuple[int, int, int] | None = None
    latencies: Mapping[str, Latency] = dataclasses.field(default_factory=dict)

    @property
    def measures(self) -> dict[str, Measure]:
        """All are to be small."""
        devices = (Measure(name, "ms", larger_is_better=False) for name in self.latencies)
        return {measure.name: measure for measure in (PARAMS, MACS, *devices)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """The costs; a latency is left out where the table lacks a block.

        Raises ValueError for a budget.
        """
        if budget is not None:
            raise ValueError(f"costs have no budget; given {budget}")
        return [self._scores(architecture) for architecture in architectures]

    def _scores(self, architecture: Architecture) -> Scores:
        network = self.space.network(architecture, self.scale)
        found = {"params": network.params(self.image_shape), "macs": network.macs(self.image_shape)}
        for name, latency in self.latencies.items():
            try:
                found[name] = latency(network, architecture)
            except ValueError:
                continue
        return {name: float(value) for name, value in found.items()}
