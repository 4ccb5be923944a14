"""A search, from a config to a work directory with its genotype."""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import pathlib
from collections.abc import Callable

import jax
import numpy as np
from ml_collections import ConfigDict

from dartsx import optim
from dartsx.data import AugmentPolicy, Dataset, search_halves, steps_per_epoch
from dartsx.feeds import Examples, epoch_order, evaluator, image_examples, sharded_rows, take, trial_length
from dartsx.nn import supernet_of
from dartsx.runtime import (
    Loop,
    MetricsWriter,
    Outcome,
    Workdir,
    at_step,
    open_workdir,
    processors,
    put_replicated,
    run_loop,
    run_once,
    stream,
)
from dartsx.search import (
    Method,
    SearchProblem,
    SearchState,
    Task,
    compose,
    init_state,
    make_diagnosis,
    make_step,
    predict,
)
from dartsx.search.diagnosis import Diagnose
from dartsx.search.method import Stage
from dartsx.search.methods.progressive import widened
from dartsx.spaces import to_json
from experiments.jobs import bound, early_stop, selection
from experiments.jobs.diagnose import diagnoser
from experiments.jobs.setup import MAY_DIFFER, finished_before, load_checked, resolved, start
from experiments.jobs.staged import last_stage
from experiments.settings import SearchSettings, blame, search_settings

Change = Callable[[Method, Task], Method]


def run_one_search(config: ConfigDict, workdir: str | os.PathLike, job_type: type[SearchJob] | None = None) -> bool:
    """Runs or resumes a search of one seed.

    Args:
      config: from ``configs/``.
      workdir: where everything is written; see the README.
      job_type: `SearchJob`, or one that derives in another way.

    Returns:
      Whether the search is finished (False: stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = search_settings(config)
    mesh = start(settings)
    dataset = load_checked(settings)
    job, plain = (job_type or SearchJob)(settings, dataset, mesh), resolved(config, ("evaluate", "genotype", "network"))
    with _opened(plain, job, workdir) as folder:
        if finished_before(folder):
            return True
        if job.problem.method.stages:
            job = last_stage(job, folder.path, functools.partial(_run_stage, plain))
        if job is None:
            folder.update_run(status="stopped")
            return False
        return _run_job(job, folder)


def _opened(plain, job: SearchJob, workdir: str | os.PathLike, **further) -> Workdir:
    run = {"seed": job.settings.seed, "dataset": job.dataset.label, "method": job.problem.method.name, **further}
    return open_workdir(workdir, plain, "search", run=run, may_differ=MAY_DIFFER)


def _run_stage(plain, job: SearchJob, workdir: pathlib.Path, number: int) -> bool:
    with _opened(plain, job, workdir, stage=number) as folder:
        return folder.finished or _run_job(job, folder)


def _run_job(job: SearchJob, folder: Workdir) -> bool:
    state = put_replicated(job.init(), job.mesh)
    outcome = run_loop(job.loop(), state, folder)
    if outcome.finished:
        job.finish(outcome, folder)
    folder.update_run(status="finished" if outcome.finished else "stopped")
    return outcome.finished


class SearchJob:
    """The parts of one search, made from its settings and data.

    Attributes:
      arrays: the training images on the device; a member of a population is given those that all share.
      batch: see `augmented_batches`.
    """

    def __init__(
        self,
        settings: SearchSettings,
        dataset: Dataset,
        mesh: jax.sharding.Mesh,
        arrays=None,
        change: Change | None = None,
        earlier: float = 0.0,
        until: float = 1.0,
        before: SearchState | None = None,
        diagnosis: Diagnose | None = None,
    ):
        """Makes the parts.

        Args:
          settings: of the search.
          dataset: of its images.
          mesh: of its devices.
          arrays: see above; None to copy them to the devices.
          change: makes a stage's method of the settings' one.
          earlier: seconds of the stages before.
          until: share of all epochs after which a stage ends.
          before: state that a stage begins with, if any.
          diagnosis: compiled for an equal search; None for one of its own.
        """
        group = settings.search
        self.earlier, self.before = earlier, before
        self.settings, self.dataset, self.mesh = settings, dataset, mesh
        self.key = jax.random.key(settings.seed)
        size = len(dataset.train.labels)
        self.train, self.valid = search_halves(size, settings.seed, group.train_fraction)
        self.full_epoch = steps_per_epoch(len(self.train), group.batch_size)
        epochs, self.steps = feed.trial_length(group.epochs, self.full_epoch, group.max_steps)
        self.epochs = math.ceil(until * epochs)
        self.problem = search_problem(settings, dataset.num_classes, self.full_epoch, dataset.image_shape, change)
        if before is not None:
            start = self.problem.alpha_start + int(before.step)
            self.problem = dataclasses.replace(self.problem, alpha_start=start)
        self._expected_cost = bound.figure(settings, self.problem, dataset.image_shape)
        self.batch = augmented_batches(settings, dataset, mesh)
        self._epoch = functools.lru_cache(maxsize=1)(self._orders)  # of the present epoch
        self.arrays = feed.to_device(dataset.train, mesh) if arrays is None else arrays
        self.diagnosis = diagnosis or make_diagnosis(self.problem, group.diagnosis.iterations)
        self.diagnose = diagnoser(settings, self.diagnosis, dataset, self.train, self.valid)

    def like(self, stage: Stage, change: Change, earlier: float, before: SearchState | None) -> SearchJob:
        """A stage of a search with the same settings."""
        search = dataclasses.replace(self.settings.search, layers=self.settings.search.layers + stage.extra_layers)
        settings = dataclasses.replace(self.settings, search=search)
        return type(self)(settings, self.dataset, self.mesh, self.arrays, change, earlier, stage.until, before)

    def init(self) -> SearchState:
        """The state before the first step."""
        state = run_once(lambda key: init_state(self.problem, key, self.dataset.image_shape), self.key)
        if self.before is not None:
            wide = {name: getattr(state, name) for name in ("params", "batch_stats", "weight_opt")}
            narrow = {name: getattr(self.before, name) for name in wide}
            state = self.before._replace(**widened(narrow, wide, self.settings.seed))
        return early_stop.with_memory(state, self.problem.method.stop, self.settings.search.epochs)

    def loop(self) -> Loop:
        """The loop over all steps."""
        group = self.settings.search
        return Loop(
            title=f"search {self.settings.dataset.name}",
            epochs=self.epochs,
            steps_per_epoch=self.steps,
            chunk_steps=group.chunk_steps,
            step=search_step(self.settings, self.problem, self.dataset, self.mesh),
            arrays=self.arrays,
            rows=lambda *steps: feed.sharded_rows(self.rows(*steps), self.mesh),
            after_epoch=self.after_epoch,
            between=early_stop.between(self),
            ended=early_stop.ended,
            checkpoint_every=group.checkpoint_every,
            keep=group.keep_checkpoints,
        )

    def finish(self, outcome: Outcome, folder) -> None:
        """Writes the derived genotype and what the search cost."""
        predicted = functools.partial(predict, self.problem)
        evaluate = feed.evaluator(predicted, self.dataset, self.settings.dtype, self.mesh)
        valid = evaluate(outcome.state, self.arrays, self.valid, self.settings.search.batch_size)
        self.write_result(folder, outcome.state, valid, outcome.seconds)

    def write_result(self, folder: Workdir, state: SearchState, valid: dict[str, float], seconds: float) -> None:
        """Writes genotype.json and result.json; `seconds` on all devices of the mesh."""
        chosen = selection.select(self, state) if self.problem.method.select else self.derive(state)
        genotype, seconds = to_json(chosen), seconds + self.earlier
        folder.write_json("genotype.json", genotype)
        result = {
            "genotype": genotype,
            "valid_accuracy": valid["accuracy"],
            "valid_loss": valid["loss"],
            "seconds": round(seconds, 3),
            "gpu_days": seconds * processors(self.mesh) / 86400,
        }
        folder.write_json("result.json", result)

    def rows(self, epoch: int, first: int, count: int) -> dict[str, np.ndarray]:
        """Numbers of the examples that these steps read, int32 [count, batch] of both halves."""
        return {name: indices[first : first + count] for name, indices in self._epoch(epoch).items()}

    def after_epoch(self, state: SearchState, epochs_done: int, writer: MetricsWriter) -> dict:
        """Logs the derived genotype and the alphas, and diagnoses the search."""
        genotype = self.derive(state)
        writer.genotype(epochs_done, to_json(genotype))
        writer.alphas(epochs_done, {name: np.asarray(a).tolist() for name, a in state.alpha.items()})
        figures = self.diagnose(state, self.arrays, genotype, epochs_done) | self._expected_cost(state.alpha)
        return {"diagnosis": figures}

    def _orders(self, epoch: int) -> dict[str, np.ndarray]:
        halves = {"train": self.train, "valid": self.valid}
        batch_size = self.settings.search.batch_size
        return {
            name: feed.order(self.key, name, half, batch_size, epoch, self.full_epoch) for name, half in halves.items()
        }

    def derive(self, state: SearchState):
        """The genotype of the alphas."""
        alpha = jax.tree.map(np.asarray, state.alpha)
        return self.problem.method.derive(self.settings.space, alpha)


def search_step(settings: SearchSettings, problem: SearchProblem, dataset: Dataset, mesh: jax.sharding.Mesh | None):
    """The pure function (state, arrays, row) -> (state, metrics): gathers and augments both batches, then a step."""
    step_of_batches, batch = make_step(problem), augmented_batches(settings, dataset, mesh)

    def step(state, arrays, row):
        train, valid = (batch(name, state, arrays, row) for name in ("train", "valid"))
        return step_of_batches(state, train, valid)

    return step


def augmented_batches(settings: SearchSettings, dataset: Dataset, mesh: jax.sharding.Mesh | None):
    """A function of (``"train"`` or ``"valid"``, state, arrays, row) -> the batch of that step, for use inside jit."""
    make = feed.augmented_batch(dataset, settings.search.augment, settings.dtype, mesh)

    def batch(name: str, state: SearchState, arrays, row):
        return make(arrays, row[name], at_step(stream(state.key, f"{name}/augment"), state.step))

    return batch


def search_problem(
    settings: SearchSettings, classes: int, steps: int, image_shape: tuple[int, ...], change: Change | None = None
) -> SearchProblem:
    """Supernet, method (after a `change`, if any) and optimisers of a search with `steps` steps per epoch."""
    group, weights, alphas = settings.search, settings.search.weights, settings.search.alphas
    rate = optim.cosine_per_epoch(weights.learning_rate, weights.learning_rate_min, group.epochs, steps)
    supernet = supernet_of(
        settings.space,
        channels=group.channels,
        layers=group.layers,
        classes=classes,
        stem_multiplier=group.stem_multiplier,
        dtype=settings.dtype,
        form=group.form,
        remat=group.remat,
    )
    task = Task(settings.space, supernet.cells)
    method = search_method(settings, task)
    method = change(method, task) if change else method
    method = bound.bound(method, settings, supernet, image_shape)
    supernet = supernet.clone(lazy=method.lazy)
    if method.partial_channels > 1:
        with blame("search.channels", group.channels, ValueError):
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
        total_steps=group.epochs * steps,
        alpha_start=alphas.warmup_epochs * steps,
    )


def search_method(settings: SearchSettings, task: Task) -> Method:
    """The method of the settings.

    Raises:
      SettingsError: it does not fit what is searched.
    """
    with blame("method", settings.method, ValueError):
        return compose(
            settings.method,
            task,
            dataclasses.asdict(settings.method_options),
            settings.hypergradient,
            settings.hypergradient_terms,
            settings.search.alphas.init_scale,
        )
