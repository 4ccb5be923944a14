"""A search method: a frozen record of small functions. Methods are composed, never subclassed.

A method of `methods/` is a function from a record to a record that replaces a few fields; `methods.compose` applies
several and refuses those that would decide the same thing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from dartsx.search import relax
from dartsx.search.hypergradient import Hypergradient
from dartsx.spaces import AnyGenotype, Space

# Per cell type [edges, primitives]; `pc_darts` adds [edges] under "<cell type>/edges".
Alpha = Mapping[str, jax.Array]
Mixture = Mapping[str, jax.Array]
HostAlpha = Mapping[str, np.ndarray]

LossOfMixture = Callable[[Mixture], jax.Array]
LossOfBoth = Callable[[Any, Mixture], jax.Array]  # (weights, mixture) -> scalar


class Task(NamedTuple):
    """What a method may have to know of the search that it is made for.

    Attributes:
      space: the space that is searched.
      cells: number of cells of each type in the supernet.
    """

    space: Space
    cells: Mapping[str, int]


class Freezing(Protocol):
    """Which weights no longer move, decided from gradients on training and validation batches."""

    def init(self, weights: Any) -> dict[str, Any]:
        """Memory before the first step, a pytree of arrays."""
        ...

    def update(self, memory: dict[str, Any], train: Any, valid: Any) -> dict[str, Any]:
        """Memory after a step with these gradients of the weights."""
        ...

    def moving(self, memory: dict[str, Any], updates: Any) -> Any:
        """The updates (or gradients) with zeros where weights are frozen."""
        ...


class Learning(Protocol):
    """How alphas learn from the rewards of drawn mixtures, in place of a hypergradient."""

    def init(self) -> dict[str, Any]:
        """Memory before the first step, a pytree of arrays."""
        ...

    def update(
        self, memory: dict[str, Any], alpha: Alpha, mixture: Mixture, quality: jax.Array
    ) -> tuple[dict[str, Any], Alpha]:
        """Memory and gradient of the alphas after a mixture drawn from them had this quality, bigger is better."""
        ...


class Epoch(NamedTuple):
    """What a stopping rule may look at when an epoch has ended.

    Attributes:
      done: epochs done.
      total: epochs of the whole search.
      space: the space that is searched.
      alpha: the alphas on the host.
      genotype: the architecture derived from them.
      eigenvalue: computes the largest eigenvalue of the validation loss's Hessian in alpha.
    """

    done: int
    total: int
    space: Space
    alpha: HostAlpha
    genotype: AnyGenotype
    eigenvalue: Callable[[], float]


class Stopping(Protocol):
    """When a search ends early, and with which alphas. On the host, between epochs; memory is a dict of arrays."""

    def init(self, alpha: HostAlpha, epochs: int) -> dict[str, Any]:
        """Memory before the first epoch; holds ``stopped``, a boolean scalar."""
        ...

    def update(self, memory: dict[str, Any], epoch: Epoch) -> tuple[dict[str, Any], HostAlpha]:
        """Memory and alphas after an epoch; where the rule goes back to an earlier epoch, the alphas of that one."""
        ...


class TrainedSupernet(NamedTuple):
    """A trained supernet as perturbation-based selection sees it; a choice fixes rows of the mixtures.

    Attributes:
      accuracy: validation accuracy under a choice.
      tune: trains the weights under a choice for so many epochs more.
    """

    accuracy: Callable[[Any], float]
    tune: Callable[[Any, int], None]


@dataclasses.dataclass(frozen=True)
class Stage:
    """One of several searches in a row, which may narrow the candidates of every edge for the next.

    Attributes:
      keep: candidates kept on every edge after it; None for all that it had.
      extra_layers: cells more than the config's.
      dropout: rate at which skip connections are dropped at its start; falls to 0.
      partial_channels: value that replaces the method's, or None.
      until: share of the search after which it ends.
      goes_on: it begins with weights, alphas and step of the stage before, not with new ones.
      change: makes the stage's method of the search's, or None.
      begin: (problem, state of the stage before) -> the state that it goes on with, or None.
    """

    keep: int | None = None
    extra_layers: int = 0
    dropout: float = 0.0
    partial_channels: int | None = None
    until: float = 1.0
    goes_on: bool = False
    change: Callable[[Method], Method] | None = None
    begin: Callable[[Any, Any], Any] | None = None


@dataclasses.dataclass(frozen=True)
class Method:
    """How alphas become a mixture, a gradient and a genotype, and what else happens in a step.

    Attributes:
      name: the name in configs and reports.
      init: (key, shapes per cell type) -> alphas.
      mixture: (alphas, key, progress in [0, 1)) -> mixture of every edge; differentiable in the alphas.
      hypergradient: how d L_valid / d alpha is taken.
      strength: alphas on the host -> weights by which cells are derived, float64, per cell type.
      discretize: (space, strengths) -> genotype.
      chances: alphas -> chance of every candidate in the network that they stand for, without noise and aids of the
        search, differentiable: what an expected cost is taken of.
      expected: alphas -> the mixture without noise, by which the supernet predicts; None where `mixture` has none.
      penalty: (alphas, progress) -> scalar added to the validation loss, or None.
      bound: (validation loss, alphas) -> what a bound on the expected cost makes of it, before the penalty; or None.
      one_level: alphas are trained on the batch of the weights.
      paths: (alphas, key, progress) -> mixtures [paths, ...] by which a weight step trains, one after the other; their
        gradients are added up. None for the one of `mixture`.
      resolutions: sides of the images of weight steps, one of which is drawn in every step; those given if empty.
      teach: weight of the cross entropy with what a teacher predicts, where the memory of the state holds one.
      learning: see `Learning`; None where alphas have hypergradients.
      one_shot: alphas learn nothing and mixtures are draws, so that only architectures say what the supernet is worth.
      rescale: (alphas before, after their step) -> alphas, or None.
      growth: factor by which the learning rate of the alphas grows, exponentially, from their first step to the last.
      perturb: (training loss of a mixture, mixture, key, progress) -> mixture of the weight step, or None.
      align: (training loss, weights, mixture, progress) -> gradient added to that of the weights, or None.
      freeze: see `Freezing`, or None.
      partial_channels: the primitives see one in so many channels.
      lazy: candidates of weight 0 need not be computed, since no gradient flows through their weights.
      stop: see `Stopping`, or None.
      select: (space, trained supernet, random numbers) -> genotype, after the search, in place of `discretize`.
      stages: see `Stage`; one search if empty.
    """

    name: str
    init: Callable[[jax.Array, Mapping[str, tuple[int, ...]]], Alpha]
    mixture: Callable[[Alpha, jax.Array, jax.Array], Mixture]
    hypergradient: Hypergradient
    strength: Callable[[HostAlpha], HostAlpha]
    discretize: Callable[[Space, HostAlpha], AnyGenotype] = lambda space, strengths: space.derive(strengths)
    chances: Callable[[Alpha], Mixture] = relax.softmax
    expected: Callable[[Alpha, jax.Array], Mixture] | None = None
    penalty: Callable[[Alpha, jax.Array], jax.Array] | None = None
    bound: Callable[[jax.Array, Alpha], jax.Array] | None = None
    one_level: bool = False
    paths: Callable[[Alpha, jax.Array, jax.Array], Mixture] | None = None
    resolutions: tuple[int, ...] = ()
    teach: float = 0.0
    learning: Learning | None = None
    one_shot: bool = False
    rescale: Callable[[Alpha, Alpha], Alpha] | None = None
    growth: float = 1.0
    perturb: Callable[[LossOfMixture, Mixture, jax.Array, jax.Array], Mixture] | None = None
    align: Callable[[LossOfBoth, Any, Mixture, jax.Array], Any] | None = None
    freeze: Freezing | None = None
    partial_channels: int = 1
    lazy: bool = False
    stop: Stopping | None = None
    select: Callable[[Space, TrainedSupernet, np.random.Generator], AnyGenotype] | None = None
    stages: tuple[Stage, ...] = ()

    def derive(self, space: Space, alpha: HostAlpha) -> AnyGenotype:
        """The genotype of alphas on the host."""
        return self.discretize(space, self.strength(alpha))


def on_mixtures(method: Method, change: Callable[[Mixture, Alpha, jax.Array, jax.Array], Mixture]) -> dict[str, Any]:
    """Fields of a method whose noisy mixtures go through ``change(mixture, alphas, key, progress)``."""

    def paths(alpha, key, progress):
        return jax.vmap(lambda mixture: change(mixture, alpha, key, progress))(method.paths(alpha, key, progress))

    return {
        "mixture": lambda alpha, key, progress: change(method.mixture(alpha, key, progress), alpha, key, progress),
        "paths": paths if method.paths else None,
    }


def without_noise(method: Method) -> Callable[[Alpha, jax.Array], Mixture]:
    """(alphas, progress) -> the mixture by which the method's supernet predicts."""
    return method.expected or (lambda alpha, progress: method.mixture(alpha, None, progress))
