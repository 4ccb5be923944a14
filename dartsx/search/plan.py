"""All that decides a search but its data and its seed, as plain arguments; and the problem that its step solves."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dartsx import optim
from dartsx.losses import Inputs, Loss, Score, accuracy_or_loss, classification, first
from dartsx.nn import supernet_of
from dartsx.nn.build import AnySupernet
from dartsx.search.bound import Bound, bounded, check_reachable
from dartsx.search.method import Method, Task
from dartsx.search.methods import compose
from dartsx.search.methods.darts import INIT_SCALE
from dartsx.search.state import SearchProblem
from dartsx.spaces import Space

Change = Callable[[Method, Task], Method]


class PlanError(ValueError):
    """An argument of a `Plan` that does not fit the others; `argument` is its name, `problem` what is wrong with it."""

    def __init__(self, argument: str, value: object, problem: str):
        super().__init__(f"{argument}={value!r}: {problem}")
        self.argument, self.value, self.problem = argument, value, problem


@dataclasses.dataclass(frozen=True)
class Weights:
    """SGD of the weights: momentum, L2 weight decay, clipped norm of the gradient, cosine schedule per epoch."""

    learning_rate: float = 0.025
    learning_rate_min: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0


@dataclasses.dataclass(frozen=True)
class Alphas:
    """Adam with L2 weight decay; normal alphas of deviation `init_scale`, which rest for `warmup_epochs` epochs."""

    learning_rate: float = 3e-4
    beta1: float = 0.5
    beta2: float = 0.999
    weight_decay: float = 1e-3
    init_scale: float = INIT_SCALE
    warmup_epochs: int = 0


@dataclasses.dataclass(frozen=True)
class Plan:
    """A search in plain arguments; the defaults are those of DARTS on CIFAR-10 (arXiv:1806.09055, section 3.1).

    Attributes:
      space: the space that is searched.
      classes: number of outputs of the supernet.
      method: name of a method of `METHODS`, or several joined by "+".
      options: arguments of the methods by name, in place of their papers' values.
      hypergradient: name of one of `HYPERGRADIENTS`.
      hypergradient_terms: see `hypergradient_by_name`.
      change: makes the method that is used of the one that is named; for methods of one's own, and for stages.
      derivation: makes the function of a state that derives its architecture, of the `Search`; None: by the alphas.
      turns: makes, of the `Search`, what happens between its epochs in place of a gradient search's alphas: an object
        with the functions of `dartsx.strategies.shared_turns.Turns`; None for a gradient search.
      epochs: passes over the examples that train the weights.
      batch_size: examples of a batch of either half.
      max_steps: if not None, about so many steps instead (one shorter epoch, or fewer whole ones).
      train_fraction: share of the examples that train the weights; the others train the alphas.
      channels: channels of the first cells.
      layers: number of cells; in NAS-Bench-201 those of each of three stages.
      stem_multiplier: channels of the stem over those of the first cells; NAS-Bench-201 has none.
      dtype: dtype of activations.
      form: how separable convolutions are computed; None chooses by device and size.
      remat: what the backward pass computes again; None chooses by device.
      layout: layout of the arrays of cells, one of `dartsx.catalog.LAYOUTS`; None chooses by device.
      sharing: which weights the options of a described space share, see `dartsx.nn.open_supernet.OpenSupernet`.
      weights: their optimiser.
      alphas: their optimiser.
      bound: binds the search to an expected cost.
      network: further arguments of the supernet, which the task decides, such as the context of sequences.
      loss: see `dartsx.losses`.
      inputs: batch -> what the supernet reads of it.
      score: values of the loss by name -> the number by which architectures are compared, bigger is better.
      diagnose_every: epochs between two diagnoses that need the device, None for never; see `diagnosis`. One-shot
        methods have no alphas to diagnose.
      diagnose_iterations: Hessian-vector products of each.
      chunk_steps: most steps of one compiled call.
      checkpoint_every: epochs between two checkpoints.
      keep_checkpoints: how many of them stay.
    """

    space: Space
    classes: int
    method: str = "darts"
    options: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    hypergradient: str = "first_order"
    hypergradient_terms: int | None = None
    change: Change = lambda method, task: method
    derivation: Callable[[Any], Callable[[Any], Any]] | None = None
    turns: Callable[[Any], Any] | None = None
    epochs: int = 50
    batch_size: int = 64
    max_steps: int | None = None
    train_fraction: float = 0.5
    channels: int = 16
    layers: int = 8
    stem_multiplier: int = 3
    dtype: str = "float32"
    form: str | None = None
    remat: str | None = None
    layout: str | None = None
    sharing: str = "none"
    weights: Weights = Weights()
    alphas: Alphas = Alphas()
    bound: Bound | None = None
    network: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    loss: Loss = classification()
    inputs: Inputs = first
    score: Score = accuracy_or_loss
    diagnose_every: int | None = None
    diagnose_iterations: int = 10
    chunk_steps: int = 100
    checkpoint_every: int = 1
    keep_checkpoints: int = 3


def search_problem(plan: Plan, steps: int, image_shape: Sequence[int]) -> SearchProblem:
    """Supernet, method and optimisers of a search.

    Args:
      plan: numbers in it may be traced, where the step only computes with them.
      steps: steps of a whole epoch.
      image_shape: (H, W, channels) of the inputs.

    Raises:
      PlanError: an argument does not fit the others or the images.
    """
    weights, alphas = plan.weights, plan.alphas
    rate = optim.cosine_per_epoch(weights.learning_rate, weights.learning_rate_min, plan.epochs, steps)
    supernet = _supernet(plan)
    method = _method(plan, Task(plan.space, supernet.cells))
    if plan.bound is not None:
        with _naming("bound", plan.bound.kind):
            method = bounded(method, plan.bound, supernet, image_shape)
        with _naming("target", plan.bound.target):
            check_reachable(plan.bound, supernet, image_shape)
    supernet = supernet.clone(lazy=method.lazy)
    if method.partial_channels > 1:
        with _naming("channels", plan.channels):
            supernet = supernet.clone(partial=method.partial_channels)
            supernet.plans()
    return SearchProblem(
        supernet=supernet,
        method=method,
        weight_optimizer=optim.sgd(rate, weights.momentum, weights.weight_decay, weights.clip),
        alpha_optimizer=optim.adam(alphas.learning_rate, alphas.beta1, alphas.beta2, alphas.weight_decay),
        rate=rate,
        momentum=weights.momentum,
        weight_decay=weights.weight_decay,
        total_steps=plan.epochs * steps,
        alpha_start=alphas.warmup_epochs * steps,
        loss=plan.loss,
        inputs=plan.inputs,
        score=plan.score,
    )


def _supernet(plan: Plan) -> AnySupernet:
    with _naming("sharing", plan.sharing):
        return supernet_of(
            plan.space,
            channels=plan.channels,
            layers=plan.layers,
            classes=plan.classes,
            stem_multiplier=plan.stem_multiplier,
            dtype=plan.dtype,
            form=plan.form,
            remat=plan.remat,
            layout=plan.layout,
            sharing=plan.sharing,
            **plan.network,
        )


def _method(plan: Plan, task: Task) -> Method:
    with _naming("method", plan.method):
        named = compose(
            plan.method, task, plan.options, plan.hypergradient, plan.hypergradient_terms, plan.alphas.init_scale
        )
        return plan.change(named, task)


@contextlib.contextmanager
def _naming(argument: str, value: object) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise PlanError(argument, value, str(error)) from error
