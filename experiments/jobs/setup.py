"""What every job does first: devices, cache, data, checks of the settings against both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
from ml_collections import ConfigDict

from dartsx.data import Dataset, load_dataset
from dartsx.runtime import enable_compilation_cache, initialize_distributed, make_mesh
from experiments.settings import EvaluateSettings, SearchSettings, check_against_data

# Fields in which a resumed run may differ from its beginning: none of them changes a result.
MAY_DIFFER = (
    "compilation_cache",
    "dataset.data_dir",
    "search.chunk_steps",
    "search.checkpoint_every",
    "search.keep_checkpoints",
    "evaluate.chunk_steps",
    "evaluate.checkpoint_every",
    "evaluate.keep_checkpoints",
    "evaluate.host_workers",
)


def start(settings: SearchSettings | EvaluateSettings) -> jax.sharding.Mesh:
    """Joins the other processes if there are any, turns the compilation cache on, and makes the mesh.

    Raises:
      MeshError: more devices are asked for than there are.
    """
    initialize_distributed()
    enable_compilation_cache(settings.compilation_cache)
    return make_mesh(settings.mesh)


def load_checked(settings: SearchSettings | EvaluateSettings) -> Dataset:
    """The data set in memory, after checking that it fits the settings.

    Raises:
      SettingsError: naming the field that does not fit the images or the devices.
    """
    given = settings.dataset
    dataset = load_dataset(given.name, given.data_dir, image_size=given.image_size)
    height, width, channels = dataset.image_shape
    size = len(dataset.train.labels)
    check_against_data(settings, height, width, channels, size, dataset.num_classes, jax.device_count())
    return dataset


def resolved(config: ConfigDict, leave_out: tuple[str, ...]) -> Mapping[str, Any]:
    """The config as plain JSON, without the groups that this kind of run does not read."""
    return {name: value for name, value in config.to_dict().items() if name not in leave_out}
