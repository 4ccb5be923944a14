"""Encoded images with labels, by number: what folders and TFDS data sets have in common."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import psutil

from dartsx.data import images as image_tools
from dartsx.data.checks import notice
from dartsx.data.dataset import Split

_CHUNK = 256  # images that a thread reads and decodes at once


class Records(Protocol):
    """Random access to the still encoded images of one split.

    Attributes:
        classes: the class names; their positions are the labels.
    """

    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Number of images."""
        ...

    def read(self, indices: Sequence[int]) -> list[tuple[bytes, int]]:
        """The encoded images of these numbers, each with its label."""
        ...

    def origin(self, index: int) -> str:
        """Where an image comes from, for error messages."""
        ...

    def index(self) -> Sequence[str]:
        """What is known of all examples without reading them, in order, wherever they lie: for fingerprints."""
        ...


def decode_all(records: Records, image_size: int | None = None) -> Split:
    """Decodes all images into memory.

    Args:
        records: what to decode. If all of it is grey, images get 1 channel, else 3.
        image_size: height and width to resize every image to; None keeps the size, which must be
            the same for all.

    Returns:
        All images in the order of ``records``.

    Raises:
        ValueError: if an image cannot be decoded, or has another size than the first and no
            ``image_size`` is given; names the image.
        MemoryError: if the images need more memory than is available.
    """
    if not len(records):
        raise ValueError("there are no images to load")
    ((first, *_),) = _decode_chunk(records, range(1), image_size)
    check_memory(first.nbytes * len(records))
    chunks = [range(start, min(start + _CHUNK, len(records))) for start in range(0, len(records), _CHUNK)]
    decoded: list[np.ndarray] = []
    labels: list[int] = []
    moving: list[int] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # PIL decodes outside Python's lock
        for chunk in pool.map(lambda indices: _decode_chunk(records, indices, image_size), chunks):
            moving.extend(len(decoded) + i for i, (_, _, frames) in enumerate(chunk) if frames)
            decoded.extend(image for image, _, _ in chunk)
            labels.extend(label for _, label, _ in chunk)
    _check_sizes(decoded, records)
    say_frames(records, moving)
    return Split(_stack(decoded), np.array(labels, np.int32))


def say_frames(records: Records, moving: Sequence[int]) -> None:
    """Says that only the first frame is used of these images."""
    if moving:
        notice(f"of {len(moving)} images with several frames or pages the first is used: {records.origin(moving[0])}")


def _decode_chunk(records: Records, indices: range, image_size: int | None) -> list[tuple[np.ndarray, int, bool]]:
    """Pixels, label, and whether there are further frames."""
    pictures = [
        (image_tools.read_picture(data, records.origin(index)), label)
        for index, (data, label) in zip(indices, records.read(indices), strict=True)
    ]
    return [(image_tools.to_pixels(image, image_size), label, frames) for (image, frames), label in pictures]


def _check_sizes(decoded: list[np.ndarray], records: Records) -> None:
    for index, image in enumerate(decoded):
        if image.shape[:2] != decoded[0].shape[:2]:
            raise ValueError(
                f"images differ in size: {records.origin(0)} is {_size(decoded[0])}, but "
                f"{records.origin(index)} is {_size(image)}; give image_size to resize all"
            )


def _size(image: np.ndarray) -> str:
    return f"{image.shape[0]}x{image.shape[1]}"


def check_memory(needed: int) -> None:
    """Raises a MemoryError where images of so many bytes in all do not fit."""
    available = psutil.virtual_memory().available
    if 2 * needed > available:  # the single images and their stack exist side by side at the end
        raise MemoryError(
            f"the images need 2 x {needed / 2**30:.1f} GiB to load, {available / 2**30:.1f} GiB "
            "are free; use a smaller image_size, or dartsx.data.streams to read while training"
        )


def _stack(decoded: list[np.ndarray]) -> np.ndarray:
    if all(image.shape[-1] == 1 for image in decoded):
        return np.stack(decoded)
    stacked = np.empty((len(decoded), *decoded[0].shape[:2], 3), np.uint8)
    for target, image in zip(stacked, decoded, strict=True):
        target[...] = image  # a grey image fills all three channels
    return stacked
