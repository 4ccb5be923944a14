"""An evaluation: training a genotype's network from scratch, from a config to a work directory with its test error."""

from __future__ import annotations

import functools
import os
import pathlib
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from dartsx import optim
from dartsx.cost import network_cost
from dartsx.data import Dataset, steps_per_epoch
from dartsx.nn import Network
from dartsx.retrain import RetrainProblem, RetrainState, init_state, make_step, predict
from dartsx.runtime import Loop, Outcome, at_step, open_workdir, put_replicated, read_json, run_loop, stream
from dartsx.spaces import published_names, to_json
from experiments.jobs import feed
from experiments.jobs.setup import MAY_DIFFER, load_checked, resolved, start
from experiments.settings import EvaluateSettings, evaluate_settings


def run_evaluate(config: ConfigDict, workdir: str | os.PathLike) -> bool:
    """Runs or resumes an evaluation of ``config.genotype``.

    Returns:
      Whether it is finished (False: stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = evaluate_settings(config)
    mesh = start(settings)
    dataset = load_checked(settings)
    job = EvaluateJob(settings, dataset, mesh)
    run = {"seed": settings.seed, "dataset": dataset.label, "method": None}
    plain = resolved(config, ("search", "space", "method", "hypergradient"))
    with open_workdir(workdir, plain, "evaluate", run=run, may_differ=MAY_DIFFER) as folder:
        if folder.finished:
            return True
        folder.write_json("genotype.json", to_json(settings.genotype))
        outcome = run_loop(job.loop(), put_replicated(job.init(), mesh), folder)
        if outcome.finished:
            job.finish(outcome, folder)
        folder.update_run(status="finished" if outcome.finished else "stopped")
    return outcome.finished


class EvaluateJob:
    """The parts of one evaluation, made from its settings and data."""

    def __init__(self, settings: EvaluateSettings, dataset: Dataset, mesh: jax.sharding.Mesh):
        group = settings.evaluate
        self.settings, self.dataset, self.mesh = settings, dataset, mesh
        self.key = jax.random.key(settings.seed)
        size = len(dataset.train.labels)
        self.full_epoch = steps_per_epoch(size, group.batch_size)
        self.epochs, self.steps = feed.trial_length(group.epochs, self.full_epoch, group.max_steps)
        self.problem = retrain_problem(settings, dataset.num_classes, self.full_epoch)
        self.arrays = feed.to_device(dataset.train, mesh)
        self.test_arrays = feed.to_device(dataset.test, mesh)
        self.evaluate = feed.evaluator(functools.partial(predict, self.problem), dataset, settings.dtype, mesh)

    def init(self) -> RetrainState:
        """The state before the first step."""
        return jax.jit(lambda key: init_state(self.problem, key, self.dataset.image_shape))(self.key)

    def loop(self) -> Loop:
        """The loop over all steps."""
        group = self.settings.evaluate
        return Loop(
            title=f"evaluate {self.settings.genotype_label} on {self.settings.dataset.name}",
            epochs=self.epochs,
            steps_per_epoch=self.steps,
            chunk_steps=group.chunk_steps,
            step=self._step(),
            arrays=self.arrays,
            rows=self._rows,
            after_epoch=self._after_epoch,
            checkpoint_every=group.checkpoint_every,
            keep=group.keep_checkpoints,
        )

    def test(self, state: RetrainState) -> dict[str, float]:
        """Loss and accuracy on the test split."""
        examples = np.arange(len(self.dataset.test.labels))
        return self.evaluate(state, self.test_arrays, examples, self.settings.evaluate.batch_size)

    def finish(self, outcome: Outcome, folder) -> None:
        """Writes the test error and the exact costs of the network."""
        test = self.test(outcome.state)
        cost = network_cost(self.problem.network, self.dataset.image_shape[0])
        label = self.settings.genotype_label
        result = {
            "test_error": 100 * (1 - test["accuracy"]),
            "test_accuracy": test["accuracy"],
            "test_loss": test["loss"],
            "params": cost.params,
            "macs": cost.macs,
            "epochs": self.epochs,
            "genotype_name": label if label in published_names() else None,
            "search": _search_source(label),
            "seconds": round(outcome.seconds, 3),
        }
        folder.write_json("result.json", result)

    def _step(self):
        train_step = make_step(self.problem)
        batch = feed.augmented_batch(self.dataset, self.settings.evaluate.augment, self.settings.dtype, self.mesh)

        def step(state, arrays, indices):
            key = at_step(stream(state.key, "train/augment"), state.step)
            return train_step(state, *batch(arrays, indices, key))

        return step

    @functools.lru_cache(maxsize=1)  # noqa: B019 - one job a process, and only the present epoch
    def _epoch(self, epoch: int) -> np.ndarray:
        examples = np.arange(len(self.dataset.train.labels))
        return feed.order(self.key, "train", examples, self.settings.evaluate.batch_size, epoch, self.full_epoch)

    def _rows(self, epoch: int, first: int, count: int):
        return feed.sharded_rows(self._epoch(epoch)[first : first + count], self.mesh)

    def _after_epoch(self, state, epochs_done, writer) -> dict[str, dict[str, float]]:
        every = self.settings.evaluate.test_every
        due = epochs_done % every == 0 or epochs_done == self.epochs
        return {"test": self.test(state)} if due else {}


def retrain_problem(settings: EvaluateSettings, classes: int, steps: int) -> RetrainProblem:
    """Network and optimiser of an evaluation with `steps` steps per epoch."""
    group = settings.evaluate
    network = Network(
        genotype=settings.genotype,
        channels=group.channels,
        layers=group.layers,
        classes=classes,
        stem=group.network,
        auxiliary=group.auxiliary,
        dtype=settings.dtype,
        form=group.form,
    )
    rate = _schedule(group, steps)
    return RetrainProblem(
        network=network,
        optimizer=optim.sgd(rate, group.momentum, group.weight_decay, group.clip),
        rate=rate,
        epochs=group.epochs,
        steps_per_epoch=steps,
        drop_path=group.drop_path,
        auxiliary_weight=group.auxiliary_weight,
        label_smoothing=group.label_smoothing,
    )


def _schedule(group, steps: int):
    peak = group.learning_rate
    schedules = {
        "cosine": lambda: optim.cosine_per_epoch(peak, group.learning_rate_min, group.epochs, steps),
        "linear": lambda: optim.linear_per_epoch(peak, group.epochs, steps),
        "exponential": lambda: optim.exponential_per_epoch(peak, group.decay, steps),
    }
    return optim.warm_up(schedules[group.schedule](), group.warmup_epochs, steps)


def _search_source(label: str) -> dict[str, Any] | None:
    """Where the genotype was searched, if it was given as a work directory."""
    folder = pathlib.Path(label)
    if not label or not (folder / "run.json").is_file():
        return None
    run, result = read_json(folder / "run.json"), folder / "result.json"
    cost = read_json(result)["gpu_days"] if result.is_file() else None
    return {"workdir": str(folder), "method": run.get("method"), "gpu_days": cost}
