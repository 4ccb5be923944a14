"""The masks of Oxford-IIIT Pet, prepared by TFDS and read without TensorFlow."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from dartsx.data import images as image_tools
from dartsx.data.checks import one_line
from dartsx.data.dense import DenseDataset, DenseSplit, Masks
from dartsx.data.prepared import default_data_dir, find_builder
from dartsx.data.statistics import channel_statistics

PETS = "oxford_iiit_pet"
_CLASSES = ("pet", "background", "border")  # numbered from 1 in the files
_IMAGE, _MASK = "image", "segmentation_mask"


def load_pets(name: str, data_dir: str | os.PathLike | None, image_size: int | None) -> DenseDataset:
    """Loads images and masks into memory; arguments as of `dartsx.data.masks.load_masks`.

    Raises:
        FileNotFoundError: if the data set is not prepared there; says what to run.
        ValueError: if no size is given, or files are damaged.
    """
    if image_size is None:
        raise ValueError(f"the images of {name} differ in size: give image_size to resize all")
    builder = find_builder(PETS, pathlib.Path(data_dir or default_data_dir()).expanduser())
    train, test = (_split(builder, part, image_size) for part in ("train", "test"))
    statistics = channel_statistics(train.images)
    return DenseDataset(name, "Oxford-IIIT Pet (masks)", "segmentation", _CLASSES, train, test, *statistics)


def _split(builder: Any, part: str, size: int) -> DenseSplit:
    import tensorflow_datasets as tfds

    where = f"{PETS} {part} in {builder.data_dir}"
    decoders = {feature: tfds.decode.SkipDecoding() for feature in (_IMAGE, _MASK)}
    try:
        source = builder.as_data_source(part, decoders=decoders, file_format="array_record")
        examples = [(each[_IMAGE], each[_MASK]) for each in (source[i] for i in range(len(source)))]
    except Exception as error:  # array_record has no class of errors of its own
        raise ValueError(f"{where} cannot be read: {one_line(error)}") from error
    images, masks = [], []
    for i, (image, mask) in enumerate(examples):
        images.append(image_tools.to_pixels(image_tools.open_rgb(image, f"{where}, image {i}"), size))
        masks.append(image_tools.mask_pixels(image_tools.open_mask(mask, f"{where}, mask {i}"), size) - np.uint8(1))
    return DenseSplit(np.stack(images), Masks(np.stack(masks)))
