"""Scenes of handwritten digits: scikit-learn's digits on textured ground, with a class for every pixel and boxes.

Made from a seed, without a network; images of the training scenes show other digits than those of the test scenes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from dartsx.catalog import SCENES
from dartsx.data.dense import Boxes, DenseDataset, DenseSplit, Masks, Targets
from dartsx.data.statistics import channel_statistics

GROUND = 0  # class of the pixels that show no digit; digit d has class d + 1
_CANVAS = 64  # pixels of the canvas that the next figures are for
_HEIGHTS = (16, 34)  # smallest and largest height of a digit
_WIDTHS = (0.65, 1.0)  # smallest and largest width, as a share of the height
_VISIBLE = 0.6  # share of a digit's pixels that later ones leave visible
_TRIES = 20  # places that are tried for a digit before it is left out
_INK = 0.5  # opacity from which a pixel belongs to a digit
_NOISE = 8.0  # standard deviation of the pixels' noise, of 255


class Scene(NamedTuple):
    """One canvas.

    Attributes:
        image: uint8 [size, size, 3].
        owners: int [size, size], number of the digit that a pixel shows, from 1; 0 for ground.
        labels: int [digits], what they are.
    """

    image: np.ndarray
    owners: np.ndarray
    labels: np.ndarray


def load_scenes(
    name: str = "digit_scenes", *, size: int = 64, train: int = 800, test: int = 200, digits: int = 4, seed: int = 0
) -> DenseDataset:
    """Makes scenes: every canvas shows one to `digits` digits that differ in size, colour and place and may overlap.

    ================  =======================================================================================
    name              what is predicted
    ================  =======================================================================================
    ``digit_scenes``  a class for every pixel: ground, or one of ten digits
    ``digit_boxes``   boxes around what is visible of each digit, with ten classes; the same images
    ================  =======================================================================================

    Args:
        name: see the table.
        size: height and width of a canvas, at least 32.
        train: number of canvases to train with.
        test: number of canvases to test with; they show digits that no training canvas shows.
        digits: most digits on a canvas.
        seed: the same seed gives the same scenes; more canvases begin with the same ones.

    Raises:
        ValueError: if the name is another one.
    """
    if name not in SCENES:
        raise ValueError(f"scenes are called {' or '.join(SCENES)}, got {name}")
    task = SCENES[name]
    targets = _masks if task == "segmentation" else _boxes
    names = tuple(map(str, range(10)))
    splits = []
    for part, (count, (glyphs, labels)) in enumerate(zip((train, test), _digits(), strict=True)):
        random = (np.random.default_rng((seed, part, i)) for i in range(count))
        scenes = [_scene(each, size, digits, glyphs, labels) for each in random]
        splits.append(DenseSplit(np.stack([scene.image for scene in scenes]), targets(scenes, digits)))
    classes = ("ground", *names) if task == "segmentation" else names
    label = f"{name.replace('_', ' ')} ({size} pixels, seed {seed})"
    return DenseDataset(name, label, task, classes, *splits, *channel_statistics(splits[0].images))


def _digits() -> list[tuple[np.ndarray, np.ndarray]]:
    """Opacities [n, 8, 8] from 0 to 1 and labels of the digits to train with, and of those to test with."""
    from sklearn.datasets import load_digits

    from dartsx.data.digits import SPLIT_SEED, TEST_FRACTION
    from dartsx.data.splits import stratified_holdout

    digits = load_digits()
    parts = stratified_holdout(digits.target, TEST_FRACTION, SPLIT_SEED)
    return [(digits.images[part].astype(np.float32) / 16, digits.target[part]) for part in parts]


def _scene(random: np.random.Generator, size: int, most: int, glyphs: np.ndarray, labels: np.ndarray) -> Scene:
    ground, tone = _ground(random, size)
    pixels, owners = ground, np.zeros((size, size), np.int64)
    shown, areas = [], []
    for _ in range(random.integers(1, most + 1)):
        which = random.integers(len(glyphs))
        opacity = _placed(random, glyphs[which], owners, areas)
        if opacity is None:
            continue
        shown.append(labels[which])
        areas.append((opacity >= _INK).sum())
        owners[opacity >= _INK] = len(shown)
        pixels = pixels + opacity[..., None] * (_ink(random, tone) - pixels)
    pixels = pixels + _NOISE * random.standard_normal(pixels.shape)
    return Scene(np.clip(np.round(pixels), 0, 255).astype(np.uint8), owners, np.array(shown))


def _ground(random: np.random.Generator, size: int) -> tuple[np.ndarray, float]:
    """A texture [size, size, 3] of values 0..255, and its mean brightness: clouds of two sizes, and stripes."""
    tone = random.uniform(50, 205)
    texture = np.zeros((size, size))
    for cells, strength in ((4, 22), (12, 12)):
        clouds = Image.fromarray(random.standard_normal((cells, cells)).astype(np.float32))
        texture += strength * np.asarray(clouds.resize((size, size), Image.Resampling.BICUBIC))
    rows, columns = np.mgrid[:size, :size] * (_CANVAS / size)
    angle, waves = random.uniform(0, np.pi), random.uniform(0.3, 1.2)
    texture += 12 * np.sin(waves * (np.cos(angle) * rows + np.sin(angle) * columns))
    tint = random.uniform(-25, 25, 3)
    return (tone + texture)[..., None] + tint, tone


def _ink(random: np.random.Generator, tone: float) -> np.ndarray:
    """A colour [3] that differs from the ground's brightness."""
    distance = random.uniform(70, 120) * (1 if tone < 128 else -1)
    return tone + distance + random.uniform(-40, 40, 3)


def _placed(random: np.random.Generator, glyph: np.ndarray, owners: np.ndarray, areas: list[int]) -> np.ndarray | None:
    """Opacity [size, size] of a digit somewhere on the canvas; None where it would hide too much of the others."""
    size = len(owners)
    for _ in range(_TRIES):
        height = round(random.uniform(*_HEIGHTS) * size / _CANVAS)
        width = round(random.uniform(*_WIDTHS) * height)
        top, left = random.integers(size - height + 1), random.integers(size - width + 1)
        ink = np.asarray(Image.fromarray(glyph).resize((width, height), Image.Resampling.BILINEAR))
        opacity = np.zeros((size, size))
        opacity[top : top + height, left : left + width] = ink
        visible = np.bincount(owners[opacity < _INK], minlength=len(areas) + 1)[1:]
        if (visible >= _VISIBLE * np.array(areas)).all():
            return opacity
    return None


def _masks(scenes: list[Scene], most: int) -> Targets:
    del most
    classes = [np.concatenate([[GROUND], scene.labels + 1]).astype(np.uint8) for scene in scenes]
    return Masks(np.stack([names[scene.owners] for names, scene in zip(classes, scenes, strict=True)]))


def _boxes(scenes: list[Scene], most: int) -> Targets:
    boxes = np.zeros((len(scenes), most, 4), np.float32)
    labels = np.zeros((len(scenes), most), np.int32)
    for i, scene in enumerate(scenes):
        labels[i, : len(scene.labels)] = scene.labels
        for j in range(len(scene.labels)):
            rows, columns = np.nonzero(scene.owners == j + 1)
            boxes[i, j] = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    return Boxes(boxes, labels, np.array([len(scene.labels) for scene in scenes], np.int32))
