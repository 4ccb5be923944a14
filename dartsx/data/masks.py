"""Images with masks from a user's folder or from TFDS.

========================  ======================================================================================
name                      what it is
========================  ======================================================================================
``masks:PATH``            a folder with images and masks, see `load_masks`
``masks:oxford_iiit_pet`` the TFDS data set of pets, prepared in ``data_dir`` (``dartsx.data.prepare``)
========================  ======================================================================================
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.catalog import MASKS_PREFIX
from dartsx.data import images as image_tools
from dartsx.data.arrays import held_out_label
from dartsx.data.checks import few, notice
from dartsx.data.dense import IGNORED, DenseDataset, DenseSplit, Masks
from dartsx.data.layout import EVALUATION, Listing, close_to, list_folder, printable, require_utf8
from dartsx.data.pets import PETS, load_pets
from dartsx.data.splits import search_halves
from dartsx.data.statistics import channel_statistics

IMAGES, MASKS, NAMES = "images", "masks", "classes.txt"


class Pair(NamedTuple):
    """An image and the mask of the same name."""

    image: pathlib.Path
    mask: pathlib.Path


def load_masks(
    name: str,
    data_dir: str | os.PathLike | None = None,
    *,
    image_size: int | None = None,
    held_out: float = 0.2,
    seed: int = 0,
) -> DenseDataset:
    """Loads images with masks into memory.

    A folder is read in two layouts::

        PATH/train/images/*.jpg, PATH/train/masks/*.png  and  PATH/test/images, PATH/test/masks  (or val, ...)
        PATH/images/*.jpg, PATH/masks/*.png

    In the second a share is held out for evaluation. A mask has the name of its image but for the extension, and is a
    grey image or one with a palette whose pixels are class numbers; 255 is not counted. ``PATH/classes.txt`` may hold
    the names of the classes, a line each.

    Args:
        name: see the table above.
        data_dir: TFDS directory, as for `dartsx.data.load_dataset`.
        image_size: height and width that images and masks are resized to; needed where they differ.
        held_out: share of the images that evaluation gets where there are none of their own.
        seed: seed by which held-out images are chosen.

    Raises:
        FileNotFoundError: if the data are not there.
        ValueError: if an image has no mask, or the other way round, a file is damaged, a mask is no map of class
            numbers, or sizes differ.
    """
    require_utf8(name, "the data set")
    given = name.removeprefix(MASKS_PREFIX)
    folder = pathlib.Path(given).expanduser()
    if given == PETS and not folder.exists():
        return load_pets(name, data_dir, image_size)
    parts, whole = _parts(folder)
    label = folder.resolve().name
    if whole:
        kept, out = search_halves(len(parts[0]), seed, 1 - held_out)
        parts = [[parts[0][i] for i in part] for part in (kept, out)]
        label = held_out_label(label, held_out, seed)
    splits = [_decoded(pairs, image_size) for pairs in parts]
    classes = _classes(folder / NAMES, splits)
    return DenseDataset(name, label, "segmentation", classes, *splits, *channel_statistics(splits[0].images))


def _parts(folder: pathlib.Path) -> tuple[list[list[Pair]], bool]:
    """The pairs of both splits, or of the one that both are made of."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder of images and masks: {folder}{close_to(folder)}")
    found = list_folder(folder)
    if IMAGES in found.folders:
        return [_pairs(found)], True
    evaluation = next((part for part in EVALUATION if part in found.folders), None)
    if "train" not in found.folders or evaluation is None:
        raise ValueError(
            f"{folder} has the folders {few(list(found.folders)) or 'none'}; expected {IMAGES} and {MASKS}, or train "
            f"and {' or '.join(EVALUATION)} with these two in each"
        )
    return [_pairs(list_folder(found.folders[part])) for part in ("train", evaluation)], False


def _pairs(found: Listing) -> list[Pair]:
    missing = [part for part in (IMAGES, MASKS) if part not in found.folders]
    if missing:
        raise ValueError(f"{found.path} has no folder {' and no folder '.join(missing)}")
    images, masks = ({file.stem: file for file in list_folder(found.folders[part]).images} for part in (IMAGES, MASKS))
    if not images:
        raise ValueError(f"{found.folders[IMAGES]} has no images")
    if alone := sorted(set(images) - set(masks)):
        raise ValueError(f"{found.path}: there is no mask for the images {few(alone)}")
    if unused := sorted(set(masks) - set(images)):
        notice(f"{found.path}: {len(unused)} masks without image are not read: {few(unused)}")
    return [Pair(images[stem], masks[stem]) for stem in sorted(images)]


def _decoded(pairs: Sequence[Pair], image_size: int | None) -> DenseSplit:
    images, masks = [], []
    for image, mask in pairs:
        origins = [printable(str(path)) for path in (image, mask)]
        picture = image_tools.open_rgb(image.read_bytes(), origins[0])
        classes = image_tools.open_mask(mask.read_bytes(), origins[1])
        if picture.size != classes.size:
            sizes = [f"{height}x{width}" for width, height in (picture.size, classes.size)]
            raise ValueError(f"{origins[0]} is {sizes[0]}, but its mask is {sizes[1]}")
        images.append(image_tools.to_pixels(picture, image_size))
        masks.append(image_tools.mask_pixels(classes, image_size))
        if images[-1].shape != images[0].shape:
            raise ValueError(f"images differ in size, such as {origins[0]}; give image_size to resize all")
    return DenseSplit(np.stack(images), Masks(np.stack(masks)))


def _classes(file: pathlib.Path, splits: Iterable[DenseSplit]) -> tuple[str, ...]:
    most = max(int(split.targets.classes().max()) for split in splits) + 1
    if not file.is_file():
        return tuple(map(str, range(most)))
    names = tuple(line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    if len(names) < most:
        raise ValueError(f"{file} names {len(names)} classes, but masks hold the number {most - 1} ({IGNORED} is none)")
    return names
