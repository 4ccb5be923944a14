"""What every job does first: devices, cache, data, checks of the settings against both."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import jax
from ml_collections import ConfigDict

from dartsx.catalog import (
    BOXES_PREFIX,
    MASKS_PREFIX,
    MAY_DIFFER,
    PLACES,
    SCENES,
    SCHEMA,
    SCHEMA_KEY,
    as_before,
    is_text,
)
from dartsx.data import Dataset, Source, load_dataset, open_source
from dartsx.data.boxed import load_boxes
from dartsx.data.dense import DenseDataset
from dartsx.data.identity import Fingerprint, Identity
from dartsx.data.masks import load_masks
from dartsx.data.pairs import PairDataset
from dartsx.data.scenes import load_scenes
from dartsx.data.survey import survey
from dartsx.data.text import TextDataset, load_text
from dartsx.experiments.settings import DatasetSettings, EvaluateSettings, SearchSettings, blame, check_against_data
from dartsx.feeds.streamed import statistics
from dartsx.progress import working
from dartsx.runtime import (
    Input,
    MeshError,
    Workdir,
    check_devices,
    cores,
    enable_compilation_cache,
    initialize_distributed,
    make_mesh,
    set_precision,
    split_cpu,
)
from dartsx.spaces import Architecture, to_json

AnyDataset = Dataset | DenseDataset | PairDataset | TextDataset


def start(settings: SearchSettings | EvaluateSettings) -> jax.sharding.Mesh:
    """Joins the other processes if there are any, turns the compilation cache on, and makes the mesh.

    Raises:
      SettingsError: more devices are asked for than there are.
      MeshError: there is no device of the kind that the environment asks for.
      DistributedError: the environment's settings for several processes contradict each other.
    """
    initialize_distributed()
    if isinstance(settings, SearchSettings) and settings.population > 1:
        split_cpu(_devices_for(settings))
    check_devices()
    set_precision(settings.precision)
    enable_compilation_cache(settings.compilation_cache)
    with blame("mesh", settings.mesh or 0, MeshError):
        return make_mesh(settings.mesh)


def _devices_for(settings: SearchSettings) -> int:
    """CPU devices among which a population is shared: as many as cores, at most, and evenly."""
    shares = [n for n in range(1, cores() + 1) if settings.population % n == 0]
    return settings.mesh if settings.mesh in shares else max(shares)


def load_checked(settings: SearchSettings | EvaluateSettings, alone: bool = False) -> AnyDataset:
    """The data set in memory, after checking that it fits the settings.

    Args:
      settings: settings of a search or an evaluation.
      alone: whether a search trains networks one by one instead of a supernet.

    Raises:
      SettingsError: the data cannot be loaded, or naming the field that does not fit the data or the devices.
    """
    with working(f"reading {settings.dataset.name}", enabled=jax.process_index() == 0):
        dataset = load_data(settings.dataset)
    check_fits(settings, dataset, alone)
    return dataset


def check_fits(settings: SearchSettings | EvaluateSettings, dataset: AnyDataset, alone: bool = False) -> None:
    """Checks that a data set in memory fits the settings; see `load_checked`, whose errors it raises."""
    _check(settings, dataset.image_shape, dataset.identity.train, dataset.num_classes, dataset.task, alone)


def load_data(given: DatasetSettings) -> AnyDataset:
    """The data set in memory.

    Raises:
      SettingsError: it cannot be loaded.
    """
    with blame("dataset.name", given.name, FileNotFoundError, ValueError, MemoryError):
        return _loaded(given)


def _loaded(given: DatasetSettings) -> AnyDataset:
    if is_text(given.name):
        return load_text(given.name, **vars(given.text))
    if given.name in SCENES:
        dataset = load_scenes(given.name, **vars(given.scenes))
    elif given.name.startswith(BOXES_PREFIX):
        dataset = load_boxes(given.name, given.data_dir, image_size=given.image_size)
    elif given.name.startswith(MASKS_PREFIX):
        dataset = load_masks(given.name, given.data_dir, image_size=given.image_size)
    else:
        dataset = load_dataset(given.name, given.data_dir, image_size=given.image_size)
    if given.class_balance and dataset.task == "segmentation":
        dataset = dataclasses.replace(dataset, class_balance=given.class_balance)
    return PairDataset(dataset, given.upscale) if given.upscale else dataset


def open_checked(settings: EvaluateSettings) -> tuple[Source, Identity]:
    """The data set opened to be streamed, and what it is, after checking that it fits the settings.

    Raises:
      SettingsError: the data are not there or wrong, or naming the field that does not fit the images or the devices.
    """
    given = settings.dataset
    with blame("dataset.name", given.name, FileNotFoundError, ValueError):
        source = open_source(given.name, given.data_dir)
    _check(settings, (given.image_size, given.image_size, 3), len(source.train), len(source.train.classes))
    with blame("dataset.name", given.name, ValueError):
        return source, survey(source, given.image_size, statistics(source))


def _check(
    settings, shape: tuple[int, ...], train_size: int, classes: int, task: str = "classification", alone: bool = False
) -> None:
    check_against_data(settings, shape, train_size, classes, jax.device_count(), task, alone)


def resolved(config: ConfigDict, leave_out: tuple[str, ...]) -> Mapping[str, Any]:
    """The config as plain JSON with its schema, without the groups that this kind of run does not read."""
    return {SCHEMA_KEY: SCHEMA} | {name: value for name, value in config.to_dict().items() if name not in leave_out}


def comparison(plain: Mapping[str, Any]) -> dict[str, Any]:
    """How `open_workdir` compares this config with that of the run that a work directory holds."""
    return {"may_differ": MAY_DIFFER, "as_before": as_before(plain)}


def inputs(
    data: Identity, genotype: Architecture | None = None, weights: Mapping[str, Any] | None = None
) -> dict[str, Input]:
    """What a run reads beside its config, for its work directory; `weights` is what their file holds."""
    given = {"data": Input(data.record(), PLACES["data"])}
    if genotype is not None:
        fingerprint = Fingerprint()
        fingerprint.add(json.dumps(to_json(genotype), sort_keys=True))
        given["genotype"] = Input({"fingerprint": fingerprint.text()}, PLACES["genotype"])
    if weights is not None:
        given["weights"] = Input(weights, PLACES["weights"])
    return given


def finished_before(folder: Workdir) -> bool:
    """Whether there is nothing left to do in a work directory; says so."""
    if folder.finished and folder.primary:
        print(f"{folder.path} is finished already; nothing to do", flush=True)
    return folder.finished
