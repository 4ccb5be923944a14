"""An evaluation: a network, of a genotype or with a name of its own, trained from scratch and tested.

From a config to a work directory with the test error.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from dartsx.catalog import LEFT_OUT, STEMS
from dartsx.data.identity import Identity
from dartsx.experiments.jobs.initial_weights import InitialWeights
from dartsx.experiments.jobs.retraining import retrain_problem
from dartsx.experiments.jobs.setup import (
    comparison,
    finished_before,
    inputs,
    load_checked,
    open_checked,
    resolved,
    start,
)
from dartsx.experiments.jobs.sheets import EXAMPLES, sheet
from dartsx.experiments.settings import EvaluateSettings, blame, evaluate_settings
from dartsx.feeds import Feed, InMemory, open_streamed, take, trial_length
from dartsx.nn.derived import AnyNetwork
from dartsx.retrain import RetrainState, init_state, make_step, predict
from dartsx.runtime import (
    Loop,
    Outcome,
    Workdir,
    at_step,
    open_workdir,
    put_replicated,
    read_json,
    run_loop,
    run_once,
    stream,
)
from dartsx.spaces import published_names, to_json
from dartsx.tasks import Classification, Task, task_of


def run_evaluate(config: ConfigDict, workdir: str | os.PathLike, pause_after: int | None = None) -> bool:
    """Runs or resumes an evaluation of ``config.genotype``, or of ``config.network`` where that is given.

    Args:
      config: a config of ``configs/``.
      workdir: where everything is written; see docs/workdir.md.
      pause_after: epochs after which it stops this time; None for all.

    Returns:
      Whether it is finished (False: paused or stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: the config is wrong or does not fit the data.
      WorkdirError: the folder holds another run.
    """
    settings = evaluate_settings(config)
    mesh = start(settings)
    plain = _record(config, settings)
    data = (streamed_images if settings.dataset.stream else data_in_memory)(settings, mesh)
    with contextlib.closing(data.feed):
        job = EvaluateJob(settings, data, mesh)
        run = {"seed": settings.seed, "dataset": data.label, "task": data.task.name, "method": None}
        read = inputs(data.identity, settings.genotype, job.weights and job.weights.content)
        given = {"run": run, "inputs": read, "pause_after": pause_after, **comparison(plain)}
        with open_workdir(workdir, plain, "evaluate", **given) as folder:
            return finished_before(folder) or job.run(folder)


class Given(NamedTuple):
    """What an evaluation knows of its data.

    Attributes:
      feed: where their batches come from.
      task: what they are for.
      label: what reports call the data set.
      identity: what it is.
      shown: batch of the first test examples, where the task makes pictures of them for the report.
    """

    feed: Feed
    task: Task
    label: str
    identity: Identity
    shown: Any = None


def data_in_memory(settings: EvaluateSettings, mesh: jax.sharding.Mesh) -> Given:
    """Loads the data set and copies it to every device.

    Raises:
      SettingsError: the data cannot be loaded or do not fit the settings.
    """
    dataset, group = load_checked(settings), settings.evaluate
    task = task_of(dataset)
    train, test = (task.examples(part, group.augment, settings.dtype, mesh) for part in ("train", "test"))
    feed = InMemory(train, test, group.batch_size, settings.seed, mesh, task.collected)
    first = np.arange(min(EXAMPLES, test.size))
    shown = test.plain(take(test.arrays, first)) if task.pictures else None
    return Given(feed, task, dataset.label, dataset.identity, shown)


def streamed_images(settings: EvaluateSettings, mesh: jax.sharding.Mesh) -> Given:
    """Opens the data set and looks at some images; one that cannot be decoded is the setting's fault, not a defect.

    Raises:
      SettingsError: the data are not there or do not fit the settings.
    """
    (source, identity), group = open_checked(settings), settings.evaluate
    feed = open_streamed(
        source,
        mesh,
        group.batch_size,
        settings.dataset.image_size,
        settings.seed,
        group.augment,
        jitter=group.augment.jitter,
        dtype=settings.dtype,
        host_workers=group.host_workers,
        watched=functools.partial(blame, "dataset.name", source.name, ValueError),
    )
    return Given(feed, Classification, source.label, identity)


def _record(config: ConfigDict, settings: EvaluateSettings) -> dict[str, Any]:
    """The config as it is kept: with the network that was chosen, and the space where that writes the network."""
    plain = dict(resolved(config, LEFT_OUT["evaluate"]))
    plain["evaluate"] |= {"network": settings.evaluate.network or STEMS[0]}
    return plain if settings.space is None else plain | {"space": config.space.to_dict()}


class EvaluateJob:
    """The parts of one evaluation, made from its settings and data."""

    def __init__(self, settings: EvaluateSettings, data: Given, mesh: jax.sharding.Mesh):
        group = settings.evaluate
        self.settings, self.feed, self.task, self.mesh = settings, data.feed, data.task, mesh
        self.image_shape, self.shown = data.identity.image_shape, data.shown
        self.key = jax.random.key(settings.seed)
        self.epochs, self.steps = trial_length(group.epochs, self.feed.steps, group.max_steps)
        self.problem = problem = retrain_problem(settings, data.identity.classes, self.feed.steps, data.task)
        outputs = lambda state, batch: predict(problem, state, problem.inputs(batch))  # noqa: E731
        self.test = self.feed.evaluator(outputs, data.task.loss())
        file = group.initial_weights
        self.weights = InitialWeights(file, problem.network, self.image_shape) if file else None
        self.tested: dict[str, float] = {}  # after the last epoch that was tested here

    def run(self, folder: Workdir) -> bool:
        """All steps that are left, and the result; False if a signal came before the end."""
        if self.settings.genotype is not None:
            folder.write_json("genotype.json", to_json(self.settings.genotype))
        outcome = run_loop(self.loop(), put_replicated(self.init(), self.mesh), folder)
        if outcome.finished:
            self.finish(outcome, folder)
        folder.update_run(status="finished" if outcome.finished else "stopped")
        return outcome.finished

    def init(self) -> RetrainState:
        """The state before the first step."""
        state = run_once(lambda key: init_state(self.problem, key, self.image_shape), self.key)
        return self.weights.put_into(self.problem, state) if self.weights else state

    def loop(self) -> Loop:
        """The loop over all steps."""
        group = self.settings.evaluate
        return Loop(
            title=f"evaluate {self.settings.label} on {self.settings.dataset.name}",
            epochs=self.epochs,
            steps_per_epoch=self.steps,
            chunk_steps=group.chunk_steps,
            step=self._step(),
            arrays=self.feed.arrays,
            rows=self.feed.rows,
            after_epoch=self._after_epoch,
            checkpoint_every=group.checkpoint_every,
            keep=group.keep_checkpoints,
        )

    def finish(self, outcome: Outcome, folder) -> None:
        """Writes the test error and the exact costs of the network."""
        test = self.tested or self.test(outcome.state)
        params, macs = _counts(self.problem.network, self.image_shape)
        if self.shown is not None:
            folder.write_json("examples.json", sheet(self._pictures(outcome.state)))
        label = self.settings.genotype_label
        result = {
            **self.task.result(test),
            "params": params,
            "macs": macs,
            "epochs": self.epochs,
            "genotype_name": self.settings.network or (label if label in published_names() else None),
            "search": _search_source(label),
            "seconds": round(outcome.seconds, 3),
        }
        folder.write_json("result.json", result)

    def _pictures(self, state: RetrainState) -> Any:
        """What the network makes of the examples that are shown, and what else is shown of them."""
        problem = self.problem

        def made(state, batch):
            return self.task.pictures(predict(problem, state, problem.inputs(batch)), batch)

        return jax.tree.map(np.asarray, run_once(made, state, self.shown))

    def _step(self):
        train_step = make_step(self.problem)

        def step(state, arrays, row):
            key = at_step(stream(state.key, "train/augment"), state.step)
            return train_step(state, self.feed.batch(arrays, row, key))

        return step

    def _after_epoch(self, state, epochs_done, writer) -> dict[str, dict[str, float]]:
        every = self.settings.evaluate.test_every
        due = epochs_done % every == 0 or epochs_done == self.epochs
        if not due:
            return {}
        self.tested = self.test(state)
        return {"test": self.tested}


def _counts(network: AnyNetwork, image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Parameters and multiply-adds."""
    return network.description.params(image_shape), network.description.macs(image_shape)


def _search_source(label: str) -> dict[str, Any] | None:
    """Where the genotype was searched, if it was given as a work directory."""
    folder = pathlib.Path(label)
    if not label or not (folder / "run.json").is_file():
        return None
    run, result = read_json(folder / "run.json"), folder / "result.json"
    cost = read_json(result)["gpu_days"] if result.is_file() else None
    return {"workdir": str(folder), "method": run.get("method"), "gpu_days": cost}
