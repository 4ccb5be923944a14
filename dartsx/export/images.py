"""Images of any size and kind as the input of an exported network."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from dartsx.data.images import center_crop, read_picture, to_pixels
from dartsx.export.card import Artefact
from dartsx.export.errors import ExportError


def size_of(made: Artefact) -> tuple[int, int, int]:
    """Height, width and channels of the input.

    Raises:
      ExportError: the network reads no images.
    """
    if made.layout == "steps":
        raise ExportError(f"{made.card.network} reads {made.input[0]} numbers of words, not images")
    channels_last = (*made.input[1:], made.input[0]) if made.layout == "NCHW" else made.input
    return channels_last


def how_resized(made: Artefact) -> str:
    """How `read_images` brings an image to the input's size, in words."""
    height, width, _ = size_of(made)
    if made.card.resize.how == "centre":
        return (
            f"the shorter side resized to {made.card.resize.short_side} pixels (bilinear, antialiased), "
            f"then the middle {height}x{width} cut out"
        )
    return f"the whole image resized to {height}x{width} (bilinear, antialiased; the aspect ratio may change)"


def read_images(paths: Sequence[str], made: Artefact) -> tuple[np.ndarray, list[str]]:
    """Reads, converts, resizes and normalises images as evaluation does.

    Args:
      paths: image files.
      made: the export, whose card says how.

    Returns:
      Float32 [N, H, W, channels], and the paths of the images that had another size.

    Raises:
      ExportError: a file is not there or is no image that can be decoded; names it.
    """
    read = [_read(path, made) for path in paths]
    mean, std = (np.asarray(values, np.float32) for values in (made.card.mean, made.card.std))
    pixels = np.stack([image for image, _ in read]).astype(np.float32) / 255
    return (pixels - mean) / std, [path for path, (_, other) in zip(paths, read, strict=True) if other]


def _read(path: str, made: Artefact) -> tuple[np.ndarray, bool]:
    """Pixels, and whether the image had another size."""
    height, width, channels = size_of(made)
    try:
        image = read_picture(pathlib.Path(path).read_bytes(), path).image
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ExportError(str(error)) from None
    image = image.convert("L" if channels == 1 else "RGB")
    other = image.size != (width, height)
    if made.card.resize.how == "centre":
        return to_pixels(center_crop(image, height, made.card.resize.short_side)), other
    return to_pixels(image.resize((width, height), Image.Resampling.BILINEAR) if other else image), other
