"""What is checked and recorded of images that are not loaded whole: a sample of them, and an index of all."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dartsx.data import images as image_tools
from dartsx.data.checks import check_classes, check_shown
from dartsx.data.dataset import check_range
from dartsx.data.identity import Fingerprint, Identity
from dartsx.data.records import Records, say_frames
from dartsx.data.sources import Source
from dartsx.progress import tracked

SAMPLE = 1000  # images of a split that are looked at, evenly spread; all where there are no more
HASHED = f"names and sizes of all files, bytes of at most {SAMPLE} images a split, mean and standard deviation"
_CHUNK = 16


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What was seen of one image: digests of its bytes and of its pixels as RGB of one size, and their largest."""

    data: bytes
    pixels: bytes
    largest: int
    label: int
    frames: bool


def survey(source: Source, image_size: int, statistics: tuple[tuple[float, ...], tuple[float, ...]]) -> Identity:
    """Looks at a data set that will be streamed, before anything is computed.

    Args:
        source: the data set.
        image_size: height and width that images are compared at, and given to the network.
        statistics: mean and standard deviation that the images are normalised by.

    Returns:
        Its identity, of the names and sizes of all files (of prepared data: the numbers of examples in all shards) and
        the bytes of the sample.

    Raises:
        ValueError: if an image of the sample cannot be decoded, or all are equal or black.

    Warns:
        DataNotice: for images with several frames, and, where the labels of all are seen, for classes that are not.
    """
    fingerprint, labels = Fingerprint(), []
    for part, records in (("train", source.train), ("test", source.test)):
        chosen = spread(len(records))
        seen = _look(records, chosen, image_size)
        check_shown(source.name, part, len(seen), len({s.pixels for s in seen}) == 1, max(s.largest for s in seen))
        say_frames(records, [i for i, s in zip(chosen, seen, strict=True) if s.frames])
        fingerprint.add(part, *records.index(), "sample", *(s.data + bytes([s.label % 256]) for s in seen))
        labels.append(np.array([s.label for s in seen]))
        check_range(source.name, part, labels[-1], len(source.train.classes))
    sizes = len(source.train), len(source.test)
    if not source.labelled and max(sizes) <= SAMPLE:
        check_classes(source.name, source.train.classes, *labels)
    fingerprint.add(repr(statistics))
    return Identity(fingerprint.text(), HASHED, *sizes, len(source.train.classes), (image_size, image_size, 3))


def spread(count: int) -> list[int]:
    """Numbers of the examples of a sample: evenly spread from the first to the last."""
    return np.linspace(0, count - 1, min(count, SAMPLE)).round().astype(int).tolist()


def _look(records: Records, chosen: Sequence[int], image_size: int) -> list[_Seen]:
    chunks = [chosen[i : i + _CHUNK] for i in range(0, len(chosen), _CHUNK)]

    def look(indices: Sequence[int]) -> list[_Seen]:
        return [
            _seen(data, label, records.origin(index), image_size)
            for index, (data, label) in zip(indices, records.read(indices), strict=True)
        ]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # PIL decodes outside Python's lock
        looked = zip(tracked(chunks, "looking at the images"), pool.map(look, chunks), strict=True)
        return [each for _, chunk in looked for each in chunk]


def _seen(data: bytes, label: int, origin: str, image_size: int) -> _Seen:
    image, frames = image_tools.read_picture(data, origin)
    pixels = image_tools.to_pixels(image.convert("RGB"), image_size)
    digests = (hashlib.sha256(each).digest() for each in (data, pixels))
    return _Seen(*digests, int(pixels.max()), label, frames)
