"""A search, from a config to a work directory with its genotype."""

from __future__ import annotations

import functools
import os

import jax
import numpy as np
from ml_collections import ConfigDict

from dartsx import optim
from dartsx.data import Dataset, search_halves, steps_per_epoch
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
from dartsx.search import SearchProblem, SearchState, darts, init_state, make_step, predict
from dartsx.spaces import to_json
from experiments.jobs import feed
from experiments.jobs.diagnose import diagnoser
from experiments.jobs.setup import MAY_DIFFER, finished_before, load_checked, resolved, start
from experiments.settings import SearchSettings, search_settings

METHODS = {"darts": darts}


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
    job = (job_type or SearchJob)(settings, dataset, mesh)
    run = {"seed": settings.seed, "dataset": dataset.label, "method": job.problem.method.name}
    plain = resolved(config, ("evaluate", "genotype"))
    with open_workdir(workdir, plain, "search", run=run, may_differ=MAY_DIFFER) as folder:
        if finished_before(folder):
            return True
        state = put_replicated(job.init(), mesh)
        outcome = run_loop(job.loop(), state, folder)
        if outcome.finished:
            job.finish(outcome, folder)
        folder.update_run(status="finished" if outcome.finished else "stopped")
    return outcome.finished


class SearchJob:
    """The parts of one search, made from its settings and data.

    Attributes:
      arrays: the training images on the device; a member of a population is given those that all share.
    """

    def __init__(self, settings: SearchSettings, dataset: Dataset, mesh: jax.sharding.Mesh, arrays=None):
        group = settings.search
        self.settings, self.dataset, self.mesh = settings, dataset, mesh
        self.key = jax.random.key(settings.seed)
        size = len(dataset.train.labels)
        self.train, self.valid = search_halves(size, settings.seed, group.train_fraction)
        self.full_epoch = steps_per_epoch(len(self.train), group.batch_size)
        self.epochs, self.steps = feed.trial_length(group.epochs, self.full_epoch, group.max_steps)
        self.problem = search_problem(settings, dataset.num_classes, self.full_epoch)
        self._epoch = functools.lru_cache(maxsize=1)(self._orders)  # of the present epoch
        self.arrays = feed.to_device(dataset.train, mesh) if arrays is None else arrays
        self.diagnose = diagnoser(settings, self.problem, dataset, self.train, self.valid)

    def init(self) -> SearchState:
        """The state before the first step."""
        return run_once(lambda key: init_state(self.problem, key, self.dataset.image_shape), self.key)

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
        genotype = to_json(self._derive(state))
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
        genotype = self._derive(state)
        writer.genotype(epochs_done, to_json(genotype))
        writer.alphas(epochs_done, {name: np.asarray(a).tolist() for name, a in state.alpha.items()})
        return {"diagnosis": self.diagnose(state, self.arrays, genotype, epochs_done)}

    def _orders(self, epoch: int) -> dict[str, np.ndarray]:
        halves = {"train": self.train, "valid": self.valid}
        batch_size = self.settings.search.batch_size
        return {
            name: feed.order(self.key, name, half, batch_size, epoch, self.full_epoch) for name, half in halves.items()
        }

    def _derive(self, state: SearchState):
        alpha = jax.tree.map(np.asarray, state.alpha)
        return self.problem.method.derive(self.settings.space, alpha)


def search_step(settings: SearchSettings, problem: SearchProblem, dataset: Dataset, mesh: jax.sharding.Mesh | None):
    """The pure function (state, arrays, row) -> (state, metrics): gathers and augments both batches, then a step."""
    step_of_batches = make_step(problem)
    batch = feed.augmented_batch(dataset, settings.search.augment, settings.dtype, mesh)

    def step(state, arrays, row):
        keys = {name: at_step(stream(state.key, f"{name}/augment"), state.step) for name in ("train", "valid")}
        train, valid = (batch(arrays, row[name], keys[name]) for name in ("train", "valid"))
        return step_of_batches(state, train, valid)

    return step


def search_problem(settings: SearchSettings, classes: int, steps: int) -> SearchProblem:
    """Supernet, method and optimisers of a search with `steps` steps per epoch."""
    group, weights, alphas = settings.search, settings.search.weights, settings.search.alphas
    rate = optim.cosine_per_epoch(weights.learning_rate, weights.learning_rate_min, group.epochs, steps)
    return SearchProblem(
        supernet=supernet_of(
            settings.space,
            channels=group.channels,
            layers=group.layers,
            classes=classes,
            stem_multiplier=group.stem_multiplier,
            dtype=settings.dtype,
            form=group.form,
            remat=group.remat,
        ),
        method=METHODS[settings.method](settings.hypergradient, alphas.init_scale),
        weight_optimizer=optim.sgd(rate, weights.momentum, weights.weight_decay, weights.clip),
        alpha_optimizer=optim.adam(alphas.learning_rate, alphas.beta1, alphas.beta2, alphas.weight_decay),
        rate=rate,
        momentum=weights.momentum,
        weight_decay=weights.weight_decay,
        total_steps=group.epochs * steps,
        alpha_start=alphas.warmup_epochs * steps,
    )
