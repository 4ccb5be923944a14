"""Images with boxes: a user's own in COCO's format, and TFDS data sets of objects, read without TensorFlow.

An image is resized so that its longer side has the size asked for, and stands in the upper left corner of a black
square; so boxes keep their form.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from dartsx.catalog import BOXES_PREFIX
from dartsx.data.checks import check_classes, check_shown, notice
from dartsx.data.coco_json import is_coco_folder, read_coco
from dartsx.data.dense import Boxes, DenseDataset, DenseSplit
from dartsx.data.images import read_picture, to_pixels
from dartsx.data.layout import require_utf8
from dartsx.data.prepared_boxes import read_prepared_boxes
from dartsx.data.records import check_memory
from dartsx.data.statistics import channel_statistics

_LEAST = 1.0  # height and width in pixels of the resized image below which a box is left out


class Scene(NamedTuple):
    """An image with its boxes.

    Attributes:
        read: gives the bytes of the image file.
        origin: where it comes from, for messages.
        boxes: float [k, 4], (top, left, bottom, right), in pixels of the image or, if `relative`, over its size.
        labels: int [k].
        relative: see boxes.
    """

    read: Callable[[], bytes]
    origin: str
    boxes: np.ndarray
    labels: np.ndarray
    relative: bool


def load_boxes(name: str, data_dir: str | os.PathLike | None = None, *, image_size: int | None = None) -> DenseDataset:
    """Loads images with boxes into memory.

    ====================  ======================================================================================
    name                  what it is
    ====================  ======================================================================================
    ``boxes:FOLDER``      annotations in COCO's format with their images, see `dartsx.data.coco_json`
    ``boxes:coco/2017``   a TFDS name, prepared in ``data_dir`` (``dartsx.data.prepare``): coco/2017, voc/2007, ...
    ====================  ======================================================================================

    Args:
        name: see the table.
        data_dir: TFDS directory, see `dartsx.data.load_dataset`; folders do not use it.
        image_size: height and width of the squares that the images become; None if all are squares of one size.

    Raises:
        FileNotFoundError: if the data are not there.
        ValueError: if a file is no annotation, an image broken, or sizes differ and none is asked for.
        MemoryError: if the images do not fit into memory.

    Warns:
        DataNotice: for crowds, objects marked as difficult and boxes outside the image, which are left out, and for
            classes that a split does not show.
    """
    given = require_utf8(name.removeprefix(BOXES_PREFIX), "the data set")
    if is_coco_folder(given):
        found = read_coco(pathlib.Path(given).expanduser())
    else:
        found = read_prepared_boxes(given, data_dir)
    parts = {part: [Scene(*scene) for scene in scenes] for part, scenes in found.parts.items()}
    splits = {part: _split(f"{name}: {part}", scenes, image_size) for part, scenes in parts.items()}
    labels = [split.targets.classes() for split in splits.values()]
    check_classes(name, found.classes, *labels)
    for part, split in splits.items():
        equal = bool((split.images == split.images[0]).all())
        check_shown(name, part, len(split), equal, int(split.images.max()))
    statistics = channel_statistics(splits["train"].images)
    return DenseDataset(name, found.label, "detection", found.classes, *splits.values(), *statistics)


def _split(where: str, scenes: list[Scene], size: int | None) -> DenseSplit:
    pixels, boxes, labels, small = [], [], [], 0
    for scene in scenes:
        image, placed = _placed(scene, size)
        kept = (placed[:, 2:] - placed[:, :2] >= _LEAST).all(1)
        small += len(kept) - kept.sum()
        if pixels and image.shape != pixels[0].shape:
            raise ValueError(
                f"images differ in size: {scenes[0].origin} is {_text(pixels[0])}, {scene.origin} is {_text(image)}; "
                "give image_size to bring all to one"
            )
        if not pixels:
            check_memory(image.nbytes * len(scenes))
        pixels.append(image)
        boxes.append(placed[kept])
        labels.append(scene.labels[kept])
    if small:
        notice(f"{where}: {small} boxes are left out, of which less than a pixel is in the image")
    return DenseSplit(np.stack(pixels), _filled(boxes, labels))


def _placed(scene: Scene, size: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Pixels uint8 [H, W, 3], and boxes float32 [k, 4] in them."""
    image = read_picture(scene.read(), scene.origin).image.convert("RGB")
    width, height = image.size
    boxes = np.asarray(scene.boxes, np.float64).reshape(-1, 4)
    if scene.relative:
        boxes = boxes * (height, width, height, width)
    if size is not None and image.size != (size, size):
        factor = size / max(height, width)
        sides = [max(1, round(side * factor)) for side in image.size]
        boxes = boxes * np.tile([sides[1] / height, sides[0] / width], 2)
        square = Image.new("RGB", (size, size))
        square.paste(image.resize(sides, Image.Resampling.BILINEAR))
        image, (width, height) = square, sides
    return to_pixels(image), np.clip(boxes, 0, (height, width, height, width)).astype(np.float32)


def _filled(boxes: list[np.ndarray], labels: list[np.ndarray]) -> Boxes:
    counts = np.array(list(map(len, boxes)), np.int32)
    filled = np.zeros((len(boxes), max(1, *counts), 4), np.float32)
    classes = np.zeros(filled.shape[:2], np.int32)
    for i, count in enumerate(counts):
        filled[i, :count], classes[i, :count] = boxes[i], labels[i]
    return Boxes(filled, classes, counts)


def _text(pixels: np.ndarray) -> str:
    return f"{pixels.shape[0]}x{pixels.shape[1]}"
