"""Combinations of settings that contradict each other, whatever the data."""

from collections.abc import Mapping

from dartsx.catalog import DESCRIBED, EXECUTORS, RECURRENT, SCENES, is_text, task_of_data
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.groups import Config, DatasetSettings, EvaluateGroup, SearchGroup, WeightOptimizer
from dartsx.experiments.settings.readers import (
    BY_NETWORK,
    BY_SUPERNET,
    EVALUATE_BY_TASK,
    NAMED,
    OF_OWN_PRIMITIVES,
    SEARCH_BY_TASK,
    SHAPES,
    Readers,
    check_read,
)
from dartsx.networks import LANGUAGE_MODELS


def check_search(search: SearchGroup) -> None:
    """Check the fields of a search against each other.

    Raises:
      SettingsError: naming the fields.
    """
    _check_learning_rates(search.weights, "search.weights")
    if search.alphas.warmup_epochs >= search.epochs:
        raise wrong(
            "search.alphas.warmup_epochs",
            search.alphas.warmup_epochs,
            f"must be below --config.search.epochs={search.epochs}, or the alphas never change",
        )
    if search.cost.kind and not search.cost.target:
        problem = f"must be above 0 with --config.search.cost.kind={search.cost.kind}, in units of that cost"
        raise wrong("search.cost.target", search.cost.target, problem)


def check_searched(config: Config, executor: str) -> None:
    """Check that the supernet of a space and the task of the data read what is set for a search.

    Raises:
      SettingsError: naming the field.
    """
    _check_examples(config.dataset, executor == RECURRENT)
    check_read(BY_SUPERNET, config, executor, f"the supernet of --config.space.name={config.space.name}")
    if executor != DESCRIBED:  # which has one layout alone
        _check_layout(config.search)
    _check_task(SEARCH_BY_TASK, config)


def check_evaluated(config: Config, network: str, own: bool) -> None:
    """Check that the network that is trained and the task of the data read what is set for an evaluation.

    Args:
      config: the values.
      network: value of ``evaluate.network``, given or chosen.
      own: whether the network is made of primitives that are none of the project's.

    Raises:
      SettingsError: naming the field.
    """
    table, reader, subject = BY_NETWORK, network, f"--config.evaluate.network={network}"
    if config.network in LANGUAGE_MODELS:
        reader, subject = config.network, f"--config.network={config.network}"
    elif config.network is not None:
        table = {field: readers for field, readers in BY_NETWORK.items() if field not in SHAPES}
        reader, subject = NAMED, f"--config.network={config.network}"
    elif own and network in OF_OWN_PRIMITIVES:
        reader, subject = OF_OWN_PRIMITIVES[network], f"{subject} with primitives of your own"
    _check_examples(config.dataset, reader in (RECURRENT, *LANGUAGE_MODELS))
    check_read(table, config, reader, subject)
    _check_task(EVALUATE_BY_TASK, config)


def _check_layout(search: SearchGroup) -> None:
    """Whether a layout of the cells of a supernet has the form of convolutions and `remat` that are asked for."""
    if search.layout == "pixel_major" and (search.form is not None or search.remat == "branch"):
        given = f"--config.search.form={search.form}" if search.form is not None else "--config.search.remat=branch"
        raise wrong("search.layout", search.layout, f"{given} exists in channel_major alone")


def _check_examples(dataset: DatasetSettings, words: bool) -> None:
    """Whether a network of words or of images reads the data, and whether these can be resized where they are to be."""
    if is_text(dataset.name) != words:
        has, reads = ("images", "words") if words else ("words", "images")
        raise wrong("dataset.name", dataset.name, f"has examples of {has}; the network reads {reads}")
    if dataset.image_size is not None and (words or dataset.name in SCENES):
        instead = "has no images" if words else "draws its images; --config.dataset.scenes.size is their size"
        raise wrong("dataset.image_size", dataset.image_size, f"--config.dataset.name={dataset.name} {instead}; set 0")


def _check_task(table: Mapping[str, Readers], config: Config) -> None:
    name, upscale = config.dataset.name, config.dataset.upscale
    task = task_of_data(name, upscale)
    given = f"--config.dataset.upscale={upscale}" if upscale else f"--config.dataset.name={name}"
    check_read(table, config, task, f"{given} is for {task}, which")


def check_evaluate(evaluate: EvaluateGroup) -> None:
    """Check the fields of an evaluation against each other.

    Raises:
      SettingsError: naming the fields.
    """
    _check_learning_rates(evaluate, "evaluate")
    if not evaluate.epochs and not evaluate.initial_weights:
        problem = "must be 1 or more; without training only --config.evaluate.initial_weights=FILE can be tested"
        raise wrong("evaluate.epochs", evaluate.epochs, problem)
    if evaluate.warmup_epochs >= max(1, evaluate.epochs):
        raise wrong(
            "evaluate.warmup_epochs",
            evaluate.warmup_epochs,
            f"must be below --config.evaluate.epochs={evaluate.epochs}",
        )
    if evaluate.epochs and (evaluate.average_from or 0) >= evaluate.epochs:
        problem = f"must be below --config.evaluate.epochs={evaluate.epochs}, or no weights are averaged; 0 for never"
        raise wrong("evaluate.average_from", evaluate.average_from, problem)
    if evaluate.schedule == "exponential" and evaluate.learning_rate_min > 0:
        raise wrong(
            "evaluate.learning_rate_min",
            evaluate.learning_rate_min,
            "must be 0 with --config.evaluate.schedule='exponential', which has no lower end; choose cosine or linear",
        )
    # The stem halves the width, and the first cell's factorized reduction concatenates two halves.
    if evaluate.network == "imagenet" and evaluate.channels % 2:
        raise wrong(
            "evaluate.channels",
            evaluate.channels,
            f"must be even with --config.evaluate.network='imagenet'; nearest: "
            f"{evaluate.channels - 1 or 2} or {evaluate.channels + 1}",
        )


def network_for(network: str | None, executor: str, field: str = "evaluate.network") -> str:
    """The network in which an architecture is trained: the given one, or the first that is made of such.

    Raises:
      SettingsError: the given one is made of something else; names the field.
    """
    given, allowed = EXECUTORS[executor]
    if network is None:
        return allowed[0]
    if network not in allowed:
        problem = f"the genotype is {given}, for which the network is {' or '.join(allowed)}"
        raise wrong(field, network, problem)
    return network


def check_in_memory(dataset: DatasetSettings) -> None:
    """Check that images are not streamed, for a search.

    Raises:
      SettingsError: naming the field.
    """
    if dataset.stream:
        problem = "a search keeps its images in memory; only an evaluation can stream them; set False"
        raise wrong("dataset.stream", True, problem)


def check_stream(dataset: DatasetSettings, evaluate: EvaluateGroup) -> None:
    """Check how the images of an evaluation are read.

    Raises:
      SettingsError: naming the fields.
    """
    if not dataset.stream:
        if evaluate.augment.jitter:
            problem = "only streamed images get it; set False here or --config.dataset.stream=True"
            raise wrong("evaluate.augment.jitter", True, problem)
        if evaluate.host_workers:
            problem = "they decode streamed images alone; set 0 here or --config.dataset.stream=True"
            raise wrong("evaluate.host_workers", evaluate.host_workers, problem)
        return
    if dataset.image_size is None:
        problem = "must be given with --config.dataset.stream=True, such as 224: the size of crops"
        raise wrong("dataset.image_size", 0, problem)
    if dataset.name.lower().endswith(".npz"):
        problem = f"the arrays of --config.dataset.name={dataset.name} are read whole; set False"
        raise wrong("dataset.stream", True, problem)


def check_upscale(dataset: DatasetSettings) -> None:
    """Check that what is to be made larger are images.

    Raises:
      SettingsError: naming the field.
    """
    if dataset.upscale is not None and is_text(dataset.name):
        given = f"--config.dataset.upscale={dataset.upscale}"
        raise wrong("dataset.name", dataset.name, f"is a text, which {given} cannot enlarge; choose images")


def _check_learning_rates(rates: WeightOptimizer | EvaluateGroup, path: str) -> None:
    if rates.learning_rate_min > rates.learning_rate:
        raise wrong(
            f"{path}.learning_rate_min",
            rates.learning_rate_min,
            f"must not exceed --config.{path}.learning_rate={rates.learning_rate}",
        )
