"""Data sets of every kind in memory, as small as a batch: for programs that are compiled, not run on real data."""

from __future__ import annotations

from typing import Any

import numpy as np

from dartsx.catalog import BOXES_PREFIX, MASKS_PREFIX, SCENES, is_text
from dartsx.data import Dataset, Split
from dartsx.data.dense import Boxes, DenseDataset, DenseSplit, Masks
from dartsx.data.pairs import PairDataset
from dartsx.data.text import TextDataset

CLASSES, MOST_BOXES = 10, 4


def stand_in(given: Any, pixels: int) -> Any:
    """A data set of the kind that a config names, with the shapes that it would have.

    Args:
      given: the config's ``dataset`` as settings.
      pixels: height and width of the images that a network reads, of three channels; texts have none.
    """
    if is_text(given.name):
        words = tuple(map(str, range(given.text.vocabulary)))
        text = np.zeros(2 * given.text.steps + 1, np.int32)
        return TextDataset(given.name, given.name, words, text, text, given.text.steps, given.text.context)
    if given.upscale:
        return PairDataset(_images(given.name, pixels * given.upscale), given.upscale)
    prefixes = {BOXES_PREFIX: "detection", MASKS_PREFIX: "segmentation"}
    task = next((task for prefix, task in prefixes.items() if given.name.startswith(prefix)), SCENES.get(given.name))
    if task is None:
        return _images(given.name, pixels)
    return _dense(given.name, task, pixels, given.class_balance if task == "segmentation" else 0)


def _images(name: str, pixels: int) -> Dataset:
    split = Split(np.zeros((1, pixels, pixels, 3), np.uint8), np.zeros(1, np.int32))
    return Dataset(name, name, _names(CLASSES), split, split, (0.5,) * 3, (0.25,) * 3)


def _dense(name: str, task: str, pixels: int, class_balance: float) -> DenseDataset:
    if task == "detection":
        boxes = np.tile(np.array([0, 0, pixels, pixels], np.float32), (1, MOST_BOXES, 1))
        targets = Boxes(boxes, np.zeros((1, MOST_BOXES), np.int32), np.full(1, MOST_BOXES, np.int32))
    else:
        targets = Masks(np.zeros((1, pixels, pixels), np.uint8))
    classes = CLASSES if task == "detection" else CLASSES + 1  # ground is one
    split = DenseSplit(np.zeros((1, pixels, pixels, 3), np.uint8), targets)
    return DenseDataset(name, name, task, _names(classes), split, split, (0.5,) * 3, (0.25,) * 3, class_balance)


def _names(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
