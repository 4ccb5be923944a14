"""TFDS data sets with masks or boxes that lie prepared in a data_dir, read without TensorFlow."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from dartsx.catalog import BOXES_PREFIX, MASKS_PREFIX
from dartsx.data import images as image_tools
from dartsx.data.checks import one_line
from dartsx.data.dense import Boxes, DenseDataset, DenseSplit, Masks, Targets
from dartsx.data.prepared import base_name, default_data_dir, find_builder
from dartsx.data.statistics import channel_statistics


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is known of a data set.

    Attributes:
        prefix: by which it is asked for.
        task: what it is for.
        label: its name in reports.
        evaluation: the split that results are reported on.
        undecoded: features that are files.
        targets: (examples of a split, where they come from, image size) -> targets.
        classes: (features) -> names of the classes.
    """

    prefix: str
    task: Literal["segmentation", "detection"]
    label: str
    evaluation: str
    undecoded: tuple[str, ...]
    targets: Callable[[list[Any], str, int], Targets]
    classes: Callable[[Any], tuple[str, ...]]


def load_prepared(name: str, data_dir: str | os.PathLike | None, image_size: int | None) -> DenseDataset:
    """Loads a prepared data set of `KNOWN`; arguments as of `dartsx.data.masks.load_dense`.

    Raises:
        FileNotFoundError: if it is not prepared there; says what to run.
        ValueError: if it is not one of these, no size is given, or files are damaged.
    """
    prefix, _, given = name.partition(":")
    kind = KNOWN.get(base_name(given))
    if kind is None or kind.prefix != f"{prefix}:":
        allowed = ", ".join(f"{kind.prefix}{known}" for known, kind in KNOWN.items())
        raise ValueError(f"{name} is neither a folder nor one of {allowed}")
    if image_size is None:
        raise ValueError(f"the images of {name} differ in size: give image_size to resize all")
    builder = find_builder(given, pathlib.Path(data_dir or default_data_dir()).expanduser())
    splits = [_split(builder, kind, part, f"{given} {part}", image_size) for part in ("train", kind.evaluation)]
    statistics = channel_statistics(splits[0].images)
    return DenseDataset(name, kind.label, kind.task, kind.classes(builder.info.features), *splits, *statistics)


def _split(builder: Any, kind: Kind, part: str, where: str, size: int) -> DenseSplit:
    import tensorflow_datasets as tfds

    decoders = {feature: tfds.decode.SkipDecoding() for feature in kind.undecoded}
    try:
        source = builder.as_data_source(part, decoders=decoders, file_format="array_record")
        examples = [source[i] for i in range(len(source))]
    except Exception as error:  # array_record has no class of errors of its own
        raise ValueError(f"{where} in {builder.data_dir} cannot be read: {one_line(error)}") from error
    pictures = (image_tools.open_rgb(each["image"], f"{where}, example {i}") for i, each in enumerate(examples))
    images = np.stack([image_tools.to_pixels(picture, size) for picture in pictures])
    return DenseSplit(images, kind.targets(examples, where, size))


def _pet_masks(examples: list[Any], where: str, size: int) -> Targets:
    """The classes 1, 2, 3 of the files from 0 on."""
    masks = [image_tools.open_mask(e["segmentation_mask"], f"{where}, mask {i}") for i, e in enumerate(examples)]
    return Masks(np.stack([image_tools.mask_pixels(mask, size) - np.uint8(1) for mask in masks]))


def _voc_boxes(examples: list[Any], where: str, size: int) -> Targets:
    """All objects, difficult ones too; their boxes are shares of height and width in the files."""
    del where
    counts = np.array([len(each["objects"]["label"]) for each in examples], np.int32)
    boxes = np.zeros((len(examples), max(counts), 4), np.float32)
    labels = np.zeros(boxes.shape[:2], np.int32)
    for i, (each, count) in enumerate(zip(examples, counts, strict=True)):
        boxes[i, :count] = np.asarray(each["objects"]["bbox"], np.float32).reshape(-1, 4) * size
        labels[i, :count] = each["objects"]["label"]
    return Boxes(np.clip(boxes, 0, size), labels, counts)


def _voc_classes(features: Any) -> tuple[str, ...]:
    return tuple(features["objects"].feature["label"].names)


KNOWN: Mapping[str, Kind] = {
    "oxford_iiit_pet": Kind(
        MASKS_PREFIX,
        "segmentation",
        "Oxford-IIIT Pet",
        "test",
        ("image", "segmentation_mask"),
        _pet_masks,
        lambda features: ("pet", "background", "border"),
    ),
    "voc": Kind(BOXES_PREFIX, "detection", "PASCAL VOC", "validation", ("image",), _voc_boxes, _voc_classes),
}
