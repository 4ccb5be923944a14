"""One search on the host: what is compiled, which examples its steps read, and what happens as its epochs end."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from dartsx.data import search_halves, steps_per_epoch
from dartsx.feeds import Examples, epoch_order, evaluator, sharded_rows, take, trial_length
from dartsx.runtime import (
    Clock,
    Loop,
    MetricsWriter,
    Unrecorded,
    Workdir,
    at_step,
    processors,
    put_replicated,
    run_loop,
    run_once,
    stream,
)
from dartsx.search import early_stop, selection
from dartsx.search.bound import cost_figure
from dartsx.search.choice import decided, under
from dartsx.search.diagnosis import Diagnose, make_diagnosis
from dartsx.search.figures import make_figures
from dartsx.search.method import HostAlpha
from dartsx.search.methods.progressive import widened
from dartsx.search.plan import Plan, search_problem
from dartsx.search.predict import outputs
from dartsx.search.state import SearchProblem, SearchState, init_state
from dartsx.search.step import make_step
from dartsx.spaces import AnyGenotype, to_json

Folder = Workdir | Unrecorded


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """What a search has found.

    Attributes:
      architecture: derived from the alphas, or selected.
      valid: loss and metrics of the supernet on the examples that trained the alphas, see `Search.evaluate`.
      seconds: wall clock of all that finds the architecture: steps, what the method does as epochs end (stopping
        rules, turns of a strategy, deriving an architecture), all stages, and selection or derivation at the end. Not
        counted are making programs (compilation), the diagnosis, the supernet's evaluation at the end, logs and
        checkpoints. A search that was interrupted counts what led to the checkpoint from which it went on.
      state: the last one.
    """

    architecture: AnyGenotype
    valid: Mapping[str, float]
    seconds: float
    state: SearchState


@dataclasses.dataclass(frozen=True, eq=False)
class Search:
    """A search of one seed, or one stage of it.

    Attributes:
      plan: the decisions that make up the search.
      examples: examples of both halves.
      seed: seed of all that is random.
      mesh: the devices.
      until: share of the epochs after which it ends.
      before: the state that it goes on with, in place of a new one.
      shared_diagnosis: compiled for an equal search; None for one of its own.
      shared_clock: that of a population; None for one of its own.
    """

    plan: Plan
    examples: Examples
    seed: int
    mesh: jax.sharding.Mesh
    until: float = 1.0
    before: SearchState | None = None
    shared_diagnosis: Diagnose | None = None
    shared_clock: Clock | None = None

    @functools.cached_property
    def key(self) -> jax.Array:
        """Root of all randomness on the device."""
        return jax.random.key(self.seed)

    @functools.cached_property
    def halves(self) -> dict[str, np.ndarray]:
        """Numbers of the examples that train the weights, ``train``, and the alphas, ``valid``."""
        train, valid = search_halves(self.examples.size, self.seed, self.plan.train_fraction)
        return {"train": train, "valid": valid}

    @functools.cached_property
    def judging(self) -> np.ndarray:
        """Numbers of the examples that say what the supernet is worth: ``valid``, whole batches where those predict."""
        valid, size = self.halves["valid"], self.plan.batch_size
        return valid[: len(valid) // size * size or None] if self.problem.method.one_shot else valid

    @functools.cached_property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, channels) of what the supernet reads."""
        some = np.zeros(1, np.int32)
        read = jax.eval_shape(lambda arrays: self.plan.inputs(self.examples.plain(take(arrays, some))), self.arrays)
        return read.shape[1:]

    @property
    def arrays(self) -> Any:
        """What every step may read."""
        return self.examples.arrays

    @property
    def full_epoch(self) -> int:
        """Steps of a whole epoch."""
        return steps_per_epoch(len(self.halves["train"]), self.plan.batch_size)

    @property
    def steps(self) -> int:
        """Steps of an epoch that are done."""
        return trial_length(self.plan.epochs, self.full_epoch, self.plan.max_steps)[1]

    @property
    def epochs(self) -> int:
        """Epochs until it ends."""
        return math.ceil(self.until * trial_length(self.plan.epochs, self.full_epoch, self.plan.max_steps)[0])

    @functools.cached_property
    def problem(self) -> SearchProblem:
        """What its step is made of."""
        problem = search_problem(self.plan, self.full_epoch, self.image_shape)
        if self.before is None:
            return problem
        return dataclasses.replace(problem, stage_start=int(self.before.step))

    @functools.cached_property
    def diagnosis(self) -> Diagnose:
        """See `make_diagnosis`."""
        return self.shared_diagnosis or make_diagnosis(self.problem, self.plan.diagnose_iterations)

    @functools.cached_property
    def clock(self) -> Clock:
        """Counts the seconds of `SearchResult`."""
        return self.shared_clock or Clock()

    @functools.cached_property
    def turns(self) -> Any:
        """See `Plan.turns`."""
        return self.plan.turns and self.plan.turns(self)

    def between(self) -> Callable[[SearchState, int], SearchState]:
        """What becomes of the state as an epoch ends."""
        return (lambda state, _: self.turns.after(state)) if self.turns else early_stop.between(self)

    def init(self) -> SearchState:
        """The state before the first step."""
        state = run_once(lambda key: init_state(self.problem, key, self.image_shape), self.key)
        if self.before is not None:
            wide = {name: getattr(state, name) for name in ("params", "batch_stats", "weight_opt")}
            narrow = {name: getattr(self.before, name) for name in wide}
            state = self.before._replace(**widened(narrow, wide, self.seed))
        state = early_stop.with_memory(state, self.problem.method.stop, self.plan.epochs)
        return self.turns.start(state) if self.turns else state

    def loop(self, title: str = "search") -> Loop:
        """The loop over all steps."""
        return Loop(
            title=title,
            epochs=self.epochs,
            steps_per_epoch=self.steps,
            chunk_steps=self.plan.chunk_steps,
            step=search_step(self.problem, self.examples, self.mesh),
            arrays=self.arrays,
            rows=lambda *steps: sharded_rows(self.rows(*steps), self.mesh),
            after_epoch=self.after_epoch,
            between=self.between(),
            ended=early_stop.ended,
            checkpoint_every=self.plan.checkpoint_every,
            keep=self.plan.keep_checkpoints,
            clock=self.clock,
        )

    def run(self, folder: Folder, title: str = "search", earlier: float = 0.0) -> SearchResult | None:
        """Runs or resumes it; None if a signal stopped it. `earlier` are the seconds of the stages before."""
        outcome = run_loop(self.loop(title), put_replicated(self.init(), self.mesh), folder)
        if not outcome.finished:
            folder.update_run(status="stopped")
            return None
        result = self.result(outcome.state, earlier)
        self.record(result, folder)
        folder.update_run(status="finished")
        return result

    def batch_of(self, half: str):
        """The function (state, arrays, row) -> augmented batch of ``"train"`` or ``"valid"``; for use inside jit."""
        return functools.partial(half_batch, self.examples, self.mesh, half)

    def rows(self, epoch: int, first: int, count: int) -> dict[str, np.ndarray]:
        """Numbers of the examples that these steps read, int32 [count, batch] of both halves."""
        return {name: indices[first : first + count] for name, indices in self._orders(epoch).items()}

    def derive(self, state: SearchState) -> AnyGenotype:
        """The architecture of a state, as every epoch logs it."""
        return self._derivation(state)

    def evaluate(self, state: SearchState, architecture: AnyGenotype) -> dict[str, float]:
        """Loss and metrics of the supernet on the examples that train the alphas, see `predict`.

        They are those of the mixture without noise, but of a one-shot method those of an architecture: what is found.
        """
        if self.problem.method.one_shot:
            state = under(state, decided(self.plan.space, architecture), self.mesh)
        evaluate = evaluator(outputs(self.problem), self.problem.loss, self.examples, self.mesh)
        return evaluate(state, self.judging, self.plan.batch_size)

    def result(self, state: SearchState, earlier: float = 0.0) -> SearchResult:
        """What is found in the last state. `earlier` are the seconds of the stages before."""
        with self.clock:
            chosen = selection.select(self, state) if self.problem.method.select else self.derive(state)
        return SearchResult(chosen, self.evaluate(state, chosen), earlier + self.clock.seconds, state)

    def record(self, result: SearchResult, folder: Folder) -> None:
        """Writes genotype.json and result.json."""
        genotype = to_json(result.architecture)
        folder.write_json("genotype.json", genotype)
        figures = {
            "genotype": genotype,
            **{f"valid_{name}": value for name, value in result.valid.items()},
            "seconds": round(result.seconds, 3),
            "gpu_days": result.seconds * processors(self.mesh) / 86400,
        }
        folder.write_json("result.json", figures)

    def after_epoch(self, state: SearchState, epochs_done: int, writer: MetricsWriter) -> dict:
        """Logs the derived architecture, alphas and strengths, and diagnoses the search."""
        alpha = on_host(state.alpha)
        with self.clock:
            architecture = self.derive(state)
            trials = self.turns.trials(state) if self.turns else ()
        strengths = self.turns.strengths(state) if self.turns else self.problem.method.strength(alpha)
        writer.genotype(epochs_done, to_json(architecture))
        writer.alphas(epochs_done, {name: rows.tolist() for name, rows in alpha.items()})
        writer.strengths(epochs_done, {name: np.asarray(rows, float).tolist() for name, rows in strengths.items()})
        for trial in trials:
            writer.trial(epochs_done, trial)
        figures = self._figures(state, strengths, architecture, epochs_done)
        return {"diagnosis": figures | self._expected_cost(state.alpha)}

    @functools.cached_property
    def _derivation(self):
        if self.turns:
            return self.turns.derive
        if self.plan.derivation is not None:
            return self.plan.derivation(self)
        return lambda state: self.problem.method.derive(self.plan.space, on_host(state.alpha))

    @functools.cached_property
    def _figures(self):
        plan, halves = self.plan, self.halves
        given = plan.space, self.diagnosis, self.examples, halves["train"], halves["valid"], plan.batch_size
        return make_figures(*given, None if self.problem.method.one_shot else plan.diagnose_every)

    @functools.cached_property
    def _expected_cost(self):
        return cost_figure(self.plan.bound, self.problem.method, self.problem.supernet, self.image_shape)

    @functools.lru_cache(maxsize=1)  # noqa: B019 - only the present epoch
    def _orders(self, epoch: int) -> dict[str, np.ndarray]:
        given = self.plan.batch_size, epoch, self.full_epoch
        return {name: epoch_order(self.key, name, half, *given) for name, half in self.halves.items()}


def search_step(problem: SearchProblem, examples: Examples, mesh: jax.sharding.Mesh | None):
    """The pure function (state, arrays, row) -> (state, metrics): gathers and augments both batches, then a step.

    The mesh is None where one device has the batches to itself.
    """
    step_of_batches = make_step(problem)

    def step(state, arrays, row):
        train, valid = (half_batch(examples, mesh, name, state, arrays, row) for name in ("train", "valid"))
        return step_of_batches(state, train, valid)

    return step


def half_batch(examples: Examples, mesh: jax.sharding.Mesh | None, name: str, state: SearchState, arrays, row):
    """The batch of this step from the half ``"train"`` or ``"valid"``, augmented; for use inside jit."""
    key = at_step(stream(state.key, f"{name}/augment"), state.step)
    return examples.augmented(take(arrays, row[name], mesh), key)


def on_host(alpha: Mapping[str, jax.Array]) -> HostAlpha:
    """Alphas as NumPy arrays."""
    return jax.tree.map(np.asarray, dict(alpha))
