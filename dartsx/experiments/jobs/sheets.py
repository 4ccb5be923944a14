"""Examples of what a network makes, as a sheet of pictures for the report."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

EXAMPLES = 6  # rows of a sheet
_GAP, _LEAST = 2, 96  # pixels between pictures, and about the least side of one


def sheet(columns: Any) -> dict[str, Any]:
    """Plain JSON of a PNG with a row for every example and a column for every kind of picture.

    Args:
      columns: named tuple of pictures [N, H, W, 1 or 3], values 0..1.

    Returns:
      ``columns``, their names; ``png``, the file in base64; ``width`` and ``height``, its pixels.
    """
    shown = [_pixels(pictures) for pictures in columns]
    rows = [_joined(row, 1) for row in zip(*shown, strict=True)]
    image = Image.fromarray(_joined(rows, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    png = base64.b64encode(file.getvalue()).decode("ascii")
    return {
        "columns": [name.replace("_", " ") for name in columns._fields],
        "png": png,
        "width": image.width,
        "height": image.height,
    }


def _pixels(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, H', W', 3], small pictures enlarged by whole factors."""
    times = max(_LEAST // pictures.shape[1], 1)
    pixels = np.round(255 * np.clip(np.asarray(pictures, np.float32), 0, 1)).astype(np.uint8)
    larger = pixels.repeat(times, 1).repeat(times, 2)
    return np.broadcast_to(larger, (*larger.shape[:3], 3))


def _joined(pictures: Any, axis: int) -> np.ndarray:
    """Pictures beside or above one another, with white between them."""
    parts = []
    for picture in pictures:
        shape = list(picture.shape)
        shape[axis] = _GAP
        parts += [np.full(shape, 255, np.uint8), picture] if parts else [picture]
    return np.concatenate(parts, axis)
