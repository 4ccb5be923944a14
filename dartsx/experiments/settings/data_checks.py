"""Settings against the data and the devices, before anything is compiled."""

import dataclasses

from dartsx.catalog import EXECUTORS, AugmentPolicy
from dartsx.experiments.settings.errors import SettingsError, blame, wrong
from dartsx.experiments.settings.groups import EvaluateGroup
from dartsx.experiments.settings.population import check_members_on_devices
from dartsx.experiments.settings.settings import EvaluateSettings, SearchSettings
from dartsx.networks import network
from dartsx.networks.layers import Shape
from dartsx.spaces import Architecture, SpaceError

# Smallest map from which the auxiliary head's 5x5 pool (stride 3, on ImageNet 2) leaves the 2x2
# that its last convolution reads.
_AUXILIARY_MAP = {"cifar": 8, "imagenet": 7}
# Axes of what a network makes of an image.
_MAKES = {"classification": 1, "detection": 2, "segmentation": 3, "super_resolution": 3}
_IMAGENET_STEM = 8  # factor by which the ImageNet stem shrinks images


def check_against_data(
    settings: SearchSettings | EvaluateSettings,
    shape: tuple[int, ...],
    train_size: int,
    classes: int,
    devices: int,
    task: str = "classification",
    alone: bool = False,
) -> None:
    """Check that the examples can go through the network, and the batches over the devices.

    Args:
      settings: settings of a search or an evaluation.
      shape: shape of an example, (height, width, channels) of images or (words,) of sequences.
      train_size: number of training examples.
      classes: number of classes.
      devices: number of devices there are, over all processes.
      task: what the data set is for, a key of `dartsx.catalog.RESULTS`.
      alone: whether a search trains networks one by one instead of a supernet.

    Raises:
      SettingsError: naming the field, its value and what is allowed.
    """
    name = settings.dataset.name
    least = 1 if settings.dataset.upscale else 2  # classes are then channels
    if classes < least or min(shape) < 1:
        problem = f"has {classes} class(es) and examples of shape {shape}; needs at least {least}"
        raise wrong("dataset.name", name, problem)
    searching = isinstance(settings, SearchSettings)
    group = settings.search if searching else settings.evaluate
    path = "search" if searching else "evaluate"
    _check_mesh(settings.mesh, devices)
    count = settings.mesh or devices
    if searching and settings.population > 1:
        check_members_on_devices(settings.population, settings.population_chunk, count)
    else:
        _check_batch(group.batch_size, f"{path}.batch_size", count)
    if searching:
        _check_halves(settings, train_size)
    elif group.batch_size > train_size:
        problem = f"must not exceed the {train_size} training examples of {name}"
        raise wrong("evaluate.batch_size", group.batch_size, problem)
    named = None if searching else settings.network
    executor = settings.space.executor if searching else _executor(None if named else group.network)
    if len(shape) == 1:
        return
    size = shape[:2]
    if named:
        made = _check_named(named, shape, classes)
        _check_made(named, made, name, task)
        _check_upscale(settings, shape, made)
    elif executor == "described":
        arch = None if searching else settings.genotype
        made = _check_described(settings, arch, shape, classes, searching and not alone)
        _check_made("the network", made, name, task)
        _check_upscale(settings, shape, made)
    else:
        _check_made("a network of cells", (classes,), name, task)
        divisor = _check_cells(settings, group, executor, size)
    _check_augment(group.augment, f"{path}.augment", size)
    if executor not in (None, "described") and not searching and group.auxiliary:
        _check_auxiliary(group, size, divisor)


def _check_cells(settings: SearchSettings | EvaluateSettings, group, executor: str, size: tuple[int, int]) -> int:
    """Factor by which a network of cells shrinks images, if these can be shrunk so."""
    searching = isinstance(settings, SearchSettings)
    stem = _IMAGENET_STEM if not searching and group.network == "imagenet" else 1
    divisor = stem * (4 if executor == "topology" else _shrinks(group.layers))
    _check_size(settings, size, divisor, "a supernet" if searching else group.network)
    return divisor


def _executor(network: str | None) -> str | None:
    return network and next(name for name, (_, networks) in EXECUTORS.items() if network in networks)


def _check_described(
    settings: SearchSettings | EvaluateSettings,
    genotype: Architecture | None,
    shape: tuple[int, int, int],
    classes: int,
    together: bool,
) -> Shape:
    """What the network of a supernet (`together`), of a genotype, or of any one makes of the images, if it can."""
    space = settings.space
    scale = dataclasses.replace(space.scale, classes=classes)
    try:
        if together:
            described = space.description(scale)
        else:
            described = space.network(genotype or next(iter(space)), scale)
    except SpaceError as error:
        raise SettingsError(f"--config.space.name: {error}", "space.name") from None
    with blame("dataset.image_size", settings.dataset.image_size or 0, ValueError):
        return described.trace(shape)[-1].shape


def _check_named(name: str, image_shape: tuple[int, int, int], classes: int) -> Shape:
    with blame("network", name):
        return network(name, classes).trace(image_shape)[-1].shape


def _check_made(network: str, made: Shape, dataset: str, task: str) -> None:
    """Whether a network makes what the task compares: [classes] of an image, or [height, width, classes]."""
    axes = {1: "a class for every image", 2: "boxes with classes", 3: "values for every pixel"}
    wanted = _MAKES.get(task, len(made))
    if len(made) != wanted:
        problem = f"is for {task}, {axes[wanted]}; {network} makes {axes[len(made)]}"
        raise wrong("dataset.name", dataset, problem)


def _check_upscale(settings: SearchSettings | EvaluateSettings, shape: Shape, made: Shape) -> None:
    """Whether the network makes maps as many times larger as the images are to become."""
    larger = made[0] // shape[0] if len(made) == 3 and made[0] > shape[0] else 0
    if larger != (settings.dataset.upscale or 0):
        makes = f"makes images {larger} times larger" if larger else "makes no larger images"
        raise wrong("dataset.upscale", settings.dataset.upscale or 0, f"the network {makes}; set {larger}")


def _check_mesh(mesh: int | None, devices: int) -> None:
    if mesh is not None and mesh > devices:
        problem = f"only {devices} device(s) are there; choose 1 to {devices}, or 0 for all"
        raise wrong("mesh", mesh, problem)


def _check_batch(batch_size: int, field: str, count: int) -> None:
    if batch_size % count:
        below = batch_size // count * count
        nearest = [str(value) for value in (below, below + count) if value]
        raise wrong(
            field,
            batch_size,
            f"cannot be split evenly over {count} devices; nearest: {' or '.join(nearest)}; or "
            "choose another number of devices by --config.mesh",
        )


def _check_halves(settings: SearchSettings, train_size: int) -> None:
    fraction = settings.search.train_fraction
    first = int(fraction * train_size)
    parts = {"weights": first, "alphas": train_size - first}
    for part, images in parts.items():
        if not images:
            problem = f"leaves no image of {train_size} to train the {part}"
            raise wrong("search.train_fraction", fraction, problem)
        if settings.search.batch_size > images:
            raise wrong(
                "search.batch_size",
                settings.search.batch_size,
                f"must not exceed the {images} images that train the {part} "
                f"(--config.search.train_fraction={fraction} of {train_size})",
            )


def _shrinks(layers: int) -> int:
    """Factor by which the cells shrink a map: two of them reduce, of a single cell one."""
    return 2 if layers == 1 else 4


def _check_size(settings: SearchSettings | EvaluateSettings, size: tuple[int, int], divisor: int, network: str) -> None:
    if any(length < divisor or length % divisor for length in size):
        sizes = f"{divisor}, {2 * divisor}, {3 * divisor}, ..."
        small = " (too small for its reductions)" if min(size) < divisor else ""
        images = f"the images of {settings.dataset.name} are {size[0]}x{size[1]}"
        raise wrong(
            "dataset.image_size",
            settings.dataset.image_size or 0,
            f"{images}{small}; {network} halves them until 1/{divisor} is left, so height and width must be {sizes}",
        )


def _check_augment(augment: AugmentPolicy, path: str, size: tuple[int, int]) -> None:
    for name in ("crop_padding", "cutout"):
        value = getattr(augment, name)
        if value >= min(size):
            images = f"{size[0]}x{size[1]}"
            problem = f"would blacken whole images of {images}; must be below {min(size)}"
            raise wrong(f"{path}.{name}", value, problem)


def _check_auxiliary(evaluate: EvaluateGroup, size: tuple[int, int], divisor: int) -> None:
    needed = _AUXILIARY_MAP[evaluate.network]
    height, width = (length // divisor for length in size)
    if min(height, width) < needed:
        raise SettingsError(
            f"--config.evaluate.auxiliary=True: images of {size[0]}x{size[1]} leave a map of "
            f"{height}x{width} at the auxiliary head, which needs {needed}x{needed} (images of "
            f"{needed * divisor} pixels); set --config.evaluate.auxiliary=False",
            "evaluate.auxiliary",
        )
