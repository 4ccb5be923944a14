"""Zero-cost proxies as an objective: networks with initial weights are scored by a batch.

Where all networks of a space have the same widths, one network with all decisions open stands for all of them: at the
one-hot mixture of an architecture it computes the network of the architecture, and the weights of other options have no
gradient and no part in the scores. So one program scores the whole space. Other networks get a program each.

Larger is better in every proxy, sizes included. A proxy that is not finite, such as that of a network whose output does
not depend on its input, is left out.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from dartsx.kernels.initial_weights import normal
from dartsx.networks import Step, primitive
from dartsx.networks.layers import Conv
from dartsx.networks.open.size import joint_axes
from dartsx.objectives.objective import Measure, Scores
from dartsx.objectives.proxies import COMPUTE, Probe, Proxy
from dartsx.objectives.watched import Params, Watched
from dartsx.objectives.zero_cost import STEP
from dartsx.runtime import jit, stream
from dartsx.spaces import Architecture, Scale, Space

SIZES = ("params", "macs")
PROXIES = (*COMPUTE, *SIZES)
# Without normalisation the values of synflow leave the range of float32 in deep networks.
KINDS = {"synflow": "float64", "zen": "normal"}

Mixture = Mapping[str, np.ndarray]
Program = Callable[[Mixture], Mapping[str, Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class Untrained:
    """An objective that trains nothing and has no budget.

    Attributes:
      space: what is scored.
      images: a batch [batch, H, W, channels].
      labels: int [batch].
      scale: scale of the networks; None for the space's own.
      names: names of the proxies wanted, of PROXIES.
      own: further proxies by name, see `proxies`.
      seed: draws the weights, and what `zen` reads.
      variance: variance of the initial weights of convolutions, times their fan-in; a third is PyTorch's default, from
        which the published correlations come.
      compiled: False computes every network layer by layer instead, which is slower by the network, but spares the
        minutes in which the open network of a deep space compiles.

    Raises:
      ValueError: a name that is none of PROXIES.
    """

    space: Space
    images: np.ndarray
    labels: np.ndarray
    scale: Scale | None = None
    names: Sequence[str] = PROXIES
    own: Mapping[str, Proxy] = dataclasses.field(default_factory=dict)
    seed: int = 0
    variance: float = 1 / 3
    compiled: bool = True

    def __post_init__(self):
        if unknown := [name for name in self.names if name not in PROXIES]:
            raise ValueError(f"unknown proxies {', '.join(unknown)}; allowed: {', '.join(PROXIES)}")

    @property
    def measures(self) -> dict[str, Measure]:
        """One for every proxy wanted."""
        return {name: Measure(name, "", larger_is_better=True) for name in (*self.names, *self.own)}

    def __call__(self, architectures: Sequence[Architecture], budget: int | None = None) -> list[Scores]:
        """All proxies of every architecture, one after the other.

        Raises ValueError for a budget.
        """
        if budget is not None:
            raise ValueError(f"proxies have no budget; given {budget}")
        return [self._scores(architecture) for architecture in architectures]

    def _scores(self, architecture: Architecture) -> Scores:
        network, shape = self.space.network(architecture, self.scale), self.images.shape[1:]
        programs = self._shared or self._programs(network.trace(shape))
        mixture = self.space.encode(architecture) if self._shared else {}
        found = {name: float(value) for program in programs for name, value in program(mixture).items()}
        if set(SIZES) & set(self.names):
            found |= {"params": network.params(shape), "macs": network.macs(shape)}
        return {name: found[name] for name in self.measures if math.isfinite(found[name])}

    @functools.cached_property
    def _shared(self) -> list[Program] | None:
        """The programs of the open network; None where widths are open, and for single layers."""
        if not self.compiled:
            return None
        steps = self.space.description(self.scale).trace(self.images.shape[1:])
        if any(joint_axes(step.shape) for step in primitive(steps)):
            return None
        return self._programs(steps)

    def _programs(self, steps: Sequence[Step]) -> list[Program]:
        """One for each kind of what is read."""
        layers = tuple(primitive(steps))
        weights = normal(stream(jax.random.key(self.seed), "init/weights"), layers)
        for step in layers:
            if isinstance(step.layer, Conv):
                weights[step.name]["kernel"] *= math.sqrt(self.variance / 2)
        wanted = {name: COMPUTE[name] for name in self.names if name not in SIZES} | dict(self.own)
        kinds = {
            kind: {name: proxy for name, proxy in wanted.items() if KINDS.get(name, "batch") == kind}
            for kind in ("batch", "float64", "normal")
        }
        return [self._program(kind, steps, weights, proxies) for kind, proxies in kinds.items() if proxies]

    def _program(self, kind: str, steps: Sequence[Step], weights: Params, proxies: Mapping[str, Proxy]) -> Program:
        places, labels = entries(self.space), np.asarray(self.labels)
        dtype = np.float64 if kind == "float64" else np.float32
        given = self._normal(weights) if kind == "normal" else (weights, self.images)
        given = jax.tree.map(lambda leaf: np.asarray(leaf, dtype), given)

        def compute(params: Params, images: jax.Array, mixture: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
            def weight(decision: str, option: str) -> jax.Array:
                group, row, column = places[decision, option]
                return mixture[group][row, column]

            probe = Probe(Watched(steps, weight), params, images, labels)
            return {name: proxy(probe) for name, proxy in proxies.items()}

        run = jit(compute) if self.compiled else compute

        def program(mixture: Mixture) -> dict[str, Any]:
            with jax.enable_x64(dtype == np.float64):
                return run(*given, {group: np.asarray(rows, dtype) for group, rows in mixture.items()})

        return program

    def _normal(self, weights: Params) -> tuple[Params, np.ndarray]:
        """What `zen` reads: normal weights, normal images, and the same moved a little."""
        rng = np.random.default_rng(self.seed)
        weights = jax.tree.map(lambda w: rng.normal(size=w.shape) if w.ndim > 1 else w, weights)
        images, change = rng.normal(size=(2, *self.images.shape))
        return weights, np.stack([images, images + STEP * change])


def entries(space: Space) -> dict[tuple[str, str], tuple[str, int, int]]:
    """Group, row and column in mixtures of every (decision, option)."""
    names = iter(space.decisions)
    return {
        (name, option): (group, row, column)
        for group, rows in space.options.items()
        for row, (labels, name) in enumerate(zip(rows, names, strict=False))
        for column, option in enumerate(labels)
    }
