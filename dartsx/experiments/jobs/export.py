"""An export: from the work directory of an evaluation to a folder that other programs read."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from dartsx.data import normalize
from dartsx.data.identity import Identity
from dartsx.data.pairs import shrink
from dartsx.experiments.jobs.retraining import retrain_problem
from dartsx.experiments.jobs.setup import inputs, load_checked, open_checked, start
from dartsx.experiments.settings import EvaluateSettings, evaluate_settings, load_config
from dartsx.export import Card, ExportError, Resize, Trained, architectures, export, measured
from dartsx.feeds.streamed import statistics, test_side
from dartsx.retrain import evaluated, init_state
from dartsx.runtime import Checkpointer, read_json, run_once
from dartsx.runtime.inputs import check_inputs, recorded
from dartsx.tasks import Classification, Task, task_of


class Facts(NamedTuple):
    """What an export takes from the data that a network was trained on.

    Attributes:
      task: what they are for.
      label: what reports call the data set.
      identity: what the data set is.
      classes: names of the classes, or the words.
      shape: shape of what a network reads of one example.
      mean, std, resize: how images become its input, see `Card`.
      examples: the first examples of the test data, as a network reads them; None of streamed data.
    """

    task: Task
    label: str
    identity: Identity
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: Resize
    examples: np.ndarray | None


def run_export(workdir: str | os.PathLike, name: str, out: pathlib.Path, examples: int) -> Iterator[str]:
    """Exports the network that an evaluation trained, from its newest checkpoint.

    Args:
      workdir: work directory of an evaluation.
      name: one of `dartsx.export.FORMATS`.
      out: folder to write to.
      examples: how many test examples the outputs are compared on; 0 for no comparison.

    Yields:
      What is to be told, line by line.

    Raises:
      ExportError: the folder holds no evaluation, or the network cannot be written in this format.
      SettingsError: the data of the evaluation are not there any more.
      WorkdirError: they are others today.
    """
    workdir = pathlib.Path(workdir)
    settings, label = _settings(workdir)
    facts = _facts(settings, examples)
    check_inputs(workdir, recorded(read_json(workdir / "run.json")), inputs(facts.identity), {})
    trained, told = _trained(workdir, settings, facts, label)
    yield told
    architecture = settings.genotype
    card = Card(
        network=label,
        architecture=None if architecture is None else str(architecture),
        dataset=facts.label,
        classes=facts.classes,
        mean=facts.mean,
        std=facts.std,
        resize=facts.resize,
        result=_result(workdir),
    )
    made = export(trained, card, name, out)
    texts = {} if architecture is None else architectures.forms(architecture)
    for file, text in texts.items():
        (out / file).write_text(text + "\n", encoding="utf-8")
    yield f"{out}: {', '.join(('model.json', *made.files, *texts))}"
    yield _compared(trained, made, out, facts.examples)


def _compared(trained: Trained, made: Any, out: pathlib.Path, examples: np.ndarray | None) -> str:
    """Measures the difference and says it, or why there is none to say."""
    if examples is None or not len(examples):
        return "outputs not compared: no test examples at hand"
    try:
        found = measured(trained, made, out, examples).difference
    except ExportError as error:
        return f"outputs not compared: {error}"
    return (
        f"largest difference of outputs from dartsx's on {found['examples']} test examples: {found['largest']:.2e} "
        f"(largest output {found['largest_output']:.4g})"
    )


def _settings(workdir: pathlib.Path) -> tuple[EvaluateSettings, str]:
    """The settings of the evaluation, and the name of its network for people."""
    record = read_json(workdir / "run.json") if (workdir / "run.json").is_file() else {}
    if record.get("kind") != "evaluate":
        found = f"a run of the kind {record['kind']!r}" if "kind" in record else "no run of dartsx"
        inner = sorted(str(path.parent) for path in workdir.glob("*/run.json") if read_json(path)["kind"] == "evaluate")
        hint = f"; evaluations in it: {', '.join(inner)}" if inner else ""
        raise ExportError(f"{workdir} holds {found}; an export takes the work directory of an evaluation{hint}")
    config = load_config(str(workdir / "config.json")).copy_and_resolve_references()
    given = config.network or config.genotype
    with config.unlocked():
        config.mesh = 0  # however many devices the run had
        if (workdir / "genotype.json").is_file():  # as the run read it, wherever that lies today
            config.genotype = str(workdir / "genotype.json")
    settings = evaluate_settings(config)
    return settings, str(settings.genotype) if len(given) > 60 else given


def _facts(settings: EvaluateSettings, examples: int) -> Facts:
    if settings.dataset.stream:
        source, identity = open_checked(settings)
        resize = Resize("centre", test_side(settings.dataset.image_size))
        known = source.label, identity, source.train.classes, identity.image_shape
        return Facts(Classification, *known, *statistics(source), resize, None)
    dataset = load_checked(settings)
    read = _FACTS.get(dataset.task)
    if read is None:
        raise ExportError(f"networks of the task {dataset.task!r} cannot be exported; those of {', '.join(_FACTS)} can")
    known = dataset.label, dataset.identity, dataset.classes, dataset.image_shape
    return Facts(task_of(dataset), *known, *read(dataset, examples))


def _of_images(dataset: Any, examples: int) -> tuple:
    pixels = normalize(dataset.test.images[:examples], dataset.mean, dataset.std)
    return dataset.mean, dataset.std, Resize("stretch"), np.asarray(pixels)


def _of_pairs(dataset: Any, examples: int) -> tuple:
    images = dataset.images
    small = shrink(images.test.images[:examples], dataset.scale)
    return images.mean, images.std, Resize("stretch"), np.asarray(normalize(small, images.mean, images.std))


def _of_words(dataset: Any, examples: int) -> tuple:
    length = dataset.image_shape[0]
    whole = dataset.test[: len(dataset.test) // length * length].reshape(-1, length)
    return (), (), Resize("none"), whole[:examples].astype(np.int32)


_FACTS = {
    "classification": _of_images,
    "language": _of_words,
    "segmentation": _of_images,
    "super_resolution": _of_pairs,
}


def _trained(workdir: pathlib.Path, settings: EvaluateSettings, facts: Facts, label: str) -> tuple[Trained, str]:
    """The network with the weights of the newest checkpoint, and what to say of them."""
    start(settings)
    problem = retrain_problem(settings, len(facts.classes), 1, facts.task)
    key = jax.random.key(settings.seed)
    template = run_once(lambda key: init_state(problem, key, facts.shape), key)
    restored = None
    if (workdir / "checkpoints").is_dir():
        with Checkpointer(workdir / "checkpoints") as checkpoints:
            restored = checkpoints.restore_latest(template)
    if restored is None:
        raise ExportError(f"{workdir} has no checkpoint yet: the evaluation must run for an epoch at least")
    network = Trained(problem.network, jax.device_get(evaluated(problem, restored.state)), facts.shape, label)
    unfinished = "" if read_json(workdir / "run.json")["status"] == "finished" else ", of a run that is not finished"
    return network, f"{label}: weights after {restored.step} steps{unfinished}"


def _result(workdir: pathlib.Path) -> dict[str, float]:
    """The figures of the test, if there was one."""
    path = workdir / "result.json"
    found = read_json(path) if path.is_file() else {}
    return {name: value for name, value in found.items() if name.startswith("test_")}
