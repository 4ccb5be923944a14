"""Boxes in COCO's format: an ``instances`` file for each part, with the folder of its images.

| part | annotations | images |
|---|---|---|
| train | ``train.json`` | ``train`` |
| test | ``test.json`` | ``test`` |
| train, as COCO is published | ``annotations/instances_train2017.json`` | ``train2017`` |
| test, likewise | ``annotations/instances_val2017.json`` | ``val2017`` |

A file holds ``images`` (``id``, ``file_name``), ``categories`` (``id``, ``name``) and ``annotations`` (``image_id``,
``category_id``, ``bbox``: left, top, width, height in pixels). Crowds (``iscrowd``) are left out.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from dartsx.data.checks import notice, one_line
from dartsx.data.layout import close_to

PARTS = {
    "train": (("train.json", "train"), ("annotations/instances_train2017.json", "train2017")),
    "test": (("test.json", "test"), ("annotations/instances_val2017.json", "val2017")),
}
_NEEDED = {
    "images": ("id", "file_name"),
    "categories": ("id", "name"),
    "annotations": ("image_id", "category_id", "bbox"),
}


class Found(NamedTuple):
    """What a reader of boxes has found.

    Attributes:
        label: its name in reports.
        classes: names of the classes; their positions are the labels.
        parts: for train and test the fields of `dartsx.data.boxed.Scene` of every image.
    """

    label: str
    classes: tuple[str, ...]
    parts: dict[str, list[tuple]]


def is_coco_folder(given: str) -> bool:
    """Whether a name is that of a folder, and not of a TFDS data set."""
    return given.startswith(("/", ".", "~")) or pathlib.Path(given).is_dir()


def read_coco(folder: pathlib.Path) -> Found:
    """Reads the annotations of both parts.

    Raises:
        FileNotFoundError: if a file or an image is not there.
        ValueError: if a file is none in COCO's format, or the parts have other categories.
    """
    files = {part: _file(folder, part) for part in PARTS}
    read = {part: _read(path) for part, (path, _) in files.items()}
    names = {part: {c["id"]: str(c["name"]) for c in content["categories"]} for part, content in read.items()}
    if names["train"] != names["test"]:
        raise ValueError(f"{files['train'][0]} and {files['test'][0]} have other categories")
    numbers = {given: number for number, given in enumerate(sorted(names["train"]))}
    parts = {part: _scenes(*files[part], content, numbers) for part, content in read.items()}
    return Found(folder.resolve().name, tuple(names["train"][given] for given in numbers), parts)


def _file(folder: pathlib.Path, part: str) -> tuple[pathlib.Path, pathlib.Path]:
    for file, images in PARTS[part]:
        if (folder / file).is_file():
            inside = folder / images
            return folder / file, inside if inside.is_dir() else folder
    wanted = " or ".join(file for file, _ in PARTS[part])
    raise FileNotFoundError(f"{folder} holds no {wanted}{close_to(folder)}")


def _read(path: pathlib.Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no JSON: {one_line(error)}") from None
    for name, keys in _NEEDED.items():
        entries = content.get(name) if isinstance(content, dict) else None
        if not isinstance(entries, list) or not all(isinstance(e, dict) and set(keys) <= set(e) for e in entries):
            raise ValueError(
                f"{path} is not in COCO's format: needed is a list {name} of entries with {', '.join(keys)}"
            )
    return content


def _scenes(
    path: pathlib.Path, images: pathlib.Path, content: Mapping[str, Any], numbers: Mapping[Any, int]
) -> list[tuple]:
    crowds = sum(bool(entry.get("iscrowd")) for entry in content["annotations"])
    if crowds:
        notice(f"{path}: {crowds} crowds are left out")
    found: dict[Any, list[tuple[list[float], int]]] = {image["id"]: [] for image in content["images"]}
    for entry in content["annotations"]:
        if entry["image_id"] not in found or entry["category_id"] not in numbers:
            raise ValueError(
                f"{path}: an annotation names image {entry['image_id']!r} and category {entry['category_id']!r}, of "
                "which one is not in the file"
            )
        if not entry.get("iscrowd"):
            found[entry["image_id"]].append((_box(path, entry["bbox"]), numbers[entry["category_id"]]))
    scenes = []
    for image in content["images"]:
        file = images / str(image["file_name"])
        if not file.is_file():
            raise FileNotFoundError(f"{path} names an image that is not there: {file}{close_to(file)}")
        boxes, labels = _arrays(found[image["id"]])
        scenes.append((file.read_bytes, str(file), boxes, labels, False))
    if not scenes:
        raise ValueError(f"{path} names no image")
    return scenes


def _box(path: pathlib.Path, given: Any) -> list[float]:
    """(top, left, bottom, right) of a bbox."""
    try:
        left, top, width, height = map(float, given)
    except (TypeError, ValueError):
        width = height = -1.0
    if not (width >= 0 and height >= 0 and np.isfinite([left, top, width, height]).all()):
        raise ValueError(f"{path}: a bbox is left, top, width and height in pixels, got {given!r}")
    return [top, left, top + height, left + width]


def _arrays(found: Iterable[tuple[list[float], int]]) -> tuple[np.ndarray, np.ndarray]:
    found = list(found)
    boxes = np.array([box for box, _ in found], np.float64).reshape(-1, 4)
    return boxes, np.array([label for _, label in found], np.int32)
