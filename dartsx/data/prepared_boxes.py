"""TFDS data sets of images with objects, such as coco/2017 and voc/2007, prepared in a data_dir."""

from __future__ import annotations

import functools
import os
import pathlib
from typing import Any

import numpy as np

from dartsx.data.checks import notice, one_line
from dartsx.data.coco_json import Found
from dartsx.data.prepared import WrongFormatError, default_data_dir, find_builder

_SPLITS = {"train": ("train",), "test": ("test", "validation")}
_LEFT_OUT = {"is_crowd": "crowds", "is_difficult": "objects marked as difficult"}
_LABELS = {"coco": "COCO", "voc": "Pascal VOC"}


def read_prepared_boxes(name: str, data_dir: str | os.PathLike | None = None) -> Found:
    """Opens both parts; images are read when they are needed.

    Crowds and objects that are marked as difficult are left out. Of COCO the split validation is the one to test on:
    boxes of its test images are not published.

    Args:
        name: TFDS name, with ``/configuration`` and ``:version`` where wanted.
        data_dir: TFDS directory; None takes ``TFDS_DATA_DIR`` or ``~/tensorflow_datasets``.

    Raises:
        FileNotFoundError: if it is not prepared there; says what to run.
        WrongFormatError: if it is prepared without random access; says how to convert it.
        ValueError: if there is no such data set, or it has no boxes.
    """
    folder = pathlib.Path(data_dir or default_data_dir()).expanduser()
    builder = find_builder(name, folder)
    if "array_record" not in {form.value for form in builder.info.available_file_formats()}:
        raise WrongFormatError(
            f"data set {name!r} in data_dir={folder} is not prepared as array_record. To convert it (the present files "
            f"stay):\n    python -m dartsx.data.convert {name} --data_dir={folder}"
        )
    label = _label_feature(name, builder.info.features)
    classes = tuple(label.int2str(i) for i in range(label.num_classes))
    parts = {part: _scenes(name, builder, part) for part in _SPLITS}
    title = " ".join((_LABELS.get(builder.name, builder.name), *name.split("/")[1:]))
    return Found(title, classes, parts)


def _label_feature(name: str, features: Any) -> Any:
    try:
        _, label = features["image"], features["objects"]["label"]
        _ = features["objects"]["bbox"]
    except (KeyError, TypeError):
        raise ValueError(
            f"data set {name!r} has no boxes: needed are an image, and objects with bbox and label; its features are "
            f"{', '.join(features)}"
        ) from None
    return label


def _scenes(name: str, builder: Any, part: str) -> list[tuple]:
    import tensorflow_datasets as tfds

    # The test split of COCO holds images alone, and is not taken for that.
    wanted = ("validation",) if builder.name == "coco" and part == "test" else _SPLITS[part]
    split = next((each for each in wanted if each in builder.info.splits), None)
    if split is None:
        raise ValueError(f"data set {name!r} has no split {' or '.join(wanted)}, only {', '.join(builder.info.splits)}")
    where = f"{name} {split} in {builder.data_dir}"
    try:
        decoders = {"image": tfds.decode.SkipDecoding()}
        source = builder.as_data_source(split, decoders=decoders, file_format="array_record")
        found = [source[i]["objects"] for i in range(len(source))]
    except Exception as error:  # array_record has no class of errors of its own
        raise ValueError(f"{where}: a file is damaged: {one_line(error)}") from error
    scenes, left_out = [], dict.fromkeys(_LEFT_OUT, 0)
    for number, objects in enumerate(found):
        kept = np.ones(len(objects["label"]), bool)
        for flag in _LEFT_OUT:
            marked = np.asarray(objects.get(flag, np.zeros(len(kept), bool)), bool)
            left_out[flag] += int(marked.sum())
            kept &= ~marked
        boxes = np.asarray(objects["bbox"], np.float64).reshape(-1, 4)[kept]
        labels = np.asarray(objects["label"], np.int32)[kept]
        scenes.append((functools.partial(_image, source, number), f"{where}, example {number}", boxes, labels, True))
    for flag, count in left_out.items():
        if count:
            notice(f"{where}: {count} {_LEFT_OUT[flag]} are left out")
    return scenes


def _image(source: Any, number: int) -> bytes:
    return bytes(source[number]["image"])
