"""Combinations of settings that contradict each other, whatever the data."""

from dartsx.catalog import DESCRIBED, EXECUTORS, GROUPED_FORMS, OPEN_REMAT, SEPARABLE_FORMS, STAGED, is_text
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.groups import (
    DatasetSettings,
    EvaluateGroup,
    SearchGroup,
    WeightOptimizer,
)


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


def check_search_remat(space: str, executor: str, remat: str | None) -> None:
    """Check that what the backward pass computes again is there in the supernet of a space.

    Raises:
      SettingsError: naming the field.
    """
    if executor == DESCRIBED and remat is not None and remat not in OPEN_REMAT:
        problem = f"the supernet of --config.space.name={space} has no cells; choose {' or '.join(OPEN_REMAT)}"
        raise wrong("search.remat", remat, problem)


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
    if evaluate.schedule == "exponential" and evaluate.learning_rate_min > 0:
        raise wrong(
            "evaluate.learning_rate_min",
            evaluate.learning_rate_min,
            "must be 0 with --config.evaluate.schedule='exponential', which has no lower end; choose cosine or linear",
        )
    if evaluate.network in (STAGED, DESCRIBED) and evaluate.auxiliary:
        problem = f"--config.evaluate.network='{evaluate.network}' has no auxiliary head; set False"
        raise wrong("evaluate.auxiliary", True, problem)
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


def check_form(network: str | None, evaluate: EvaluateGroup) -> None:
    """Check that the form of convolutions is one that the trained network has, and that `remat` is for one of cells.

    Raises:
      SettingsError: naming the field.
    """
    described = network or evaluate.network == DESCRIBED
    forms = GROUPED_FORMS if described else SEPARABLE_FORMS
    kind = f"--config.network={network}" if network else "a described network" if described else "a genotype's network"
    if evaluate.form is not None and evaluate.form not in forms:
        raise wrong("evaluate.form", evaluate.form, f"not a form for {kind}; choose one of {', '.join(forms)}")
    if evaluate.remat is not None and (network or evaluate.network in (STAGED, DESCRIBED)):
        kind = kind if network else f"--config.evaluate.network={evaluate.network}"
        raise wrong("evaluate.remat", evaluate.remat, f"{kind} keeps all it computes; leave it empty")


def check_layout(search: SearchGroup) -> None:
    """Check that a layout of the supernet has the form of convolutions and `remat` that are asked for.

    Raises:
      SettingsError: naming the fields.
    """
    if search.layout == "pixel_major" and (search.form is not None or search.remat == "branch"):
        given = f"--config.search.form={search.form}" if search.form is not None else "--config.search.remat=branch"
        raise wrong("search.layout", search.layout, f"{given} exists in channel_major alone")


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
        return
    if dataset.image_size is None:
        problem = "must be given with --config.dataset.stream=True, such as 224: the size of crops"
        raise wrong("dataset.image_size", 0, problem)
    if dataset.name.lower().endswith(".npz"):
        problem = f"the arrays of --config.dataset.name={dataset.name} are read whole; set False"
        raise wrong("dataset.stream", True, problem)


def check_upscale(dataset: DatasetSettings, group: SearchGroup | EvaluateGroup, path: str) -> None:
    """Check that what is asked for besides super-resolution has a meaning there.

    Args:
      dataset: the data.
      group: the search or the evaluation.
      path: its name in the config.

    Raises:
      SettingsError: naming the field.
    """
    if dataset.upscale is None:
        return
    given = f"--config.dataset.upscale={dataset.upscale}"
    if is_text(dataset.name):
        raise wrong("dataset.name", dataset.name, f"is a text, which {given} cannot enlarge; choose images")
    if dataset.stream:
        raise wrong("dataset.stream", True, f"{given} keeps its images in memory; set False")
    if group.augment.cutout:
        problem = f"{given} cannot make again what is cut out; set 0"
        raise wrong(f"{path}.augment.cutout", group.augment.cutout, problem)
    if path == "evaluate" and group.label_smoothing:
        raise wrong("evaluate.label_smoothing", group.label_smoothing, f"{given} has no labels to smooth; set 0")


def _check_learning_rates(rates: WeightOptimizer | EvaluateGroup, path: str) -> None:
    if rates.learning_rate_min > rates.learning_rate:
        raise wrong(
            f"{path}.learning_rate_min",
            rates.learning_rate_min,
            f"must not exceed --config.{path}.learning_rate={rates.learning_rate}",
        )
