"""Predictions of an exported network: from image files to the names and probabilities of classes."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.export import Artefact, ExportError, opened, read
from dartsx.export.images import how_resized, read_images

BATCH = 64  # images in memory at a time


class Model(NamedTuple):
    """An export that classifies images: its card, and the function from images to logits."""

    made: Artefact
    logits: Callable[[np.ndarray], np.ndarray]


def read_model(folder: pathlib.Path) -> Model:
    """Opens an export.

    Raises:
      ExportError: the folder holds none, its network gives no classes of images, or what reads it is not installed.
    """
    made = read(folder)
    if made.layout == "steps" or len(made.output) != 1:
        raise ExportError(
            f"{folder} reads {made.layout} {list(made.input)} and gives {list(made.output)}; predictions are made by "
            "networks that give images a class"
        )
    return Model(made, opened(folder, made))


def classify(
    model: Model, paths: Sequence[str], top: int, told: Callable[[str], None]
) -> list[tuple[str, list[tuple[str, float]]]]:
    """The `top` most probable classes of every image, the most probable first.

    Args:
      model: the export.
      paths: image files.
      top: how many classes.
      told: gets what is to be said of how images were resized.

    Raises:
      ExportError: a file is no image that can be decoded.
    """
    found, resized = [], []
    for first in range(0, len(paths), BATCH):
        images, others = read_images(paths[first : first + BATCH], model.made)
        resized += others
        found += [_best(row, model.made.card.classes, top) for row in model.logits(images)]
    if resized:
        told(f"{len(resized)} of {len(paths)} images had another size: {how_resized(model.made)}")
    return list(zip(paths, found, strict=True))


def _best(logits: np.ndarray, classes: Sequence[str], top: int) -> list[tuple[str, float]]:
    shares = np.exp(np.float64(logits) - logits.max())
    shares /= shares.sum()
    return [(classes[i], float(shares[i])) for i in np.argsort(-shares, kind="stable")[:top]]
