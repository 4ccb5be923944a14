"""What a data set is, wherever it lies: a fingerprint of its content, and its counts."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

PIXELS = "pixels, labels, mean and standard deviation"


@dataclasses.dataclass(frozen=True)
class Identity:
    """A data set's content in short.

    Attributes:
        fingerprint: ``sha256:`` and 64 hexadecimal digits; equal for equal content of what was hashed.
        hashed: what was hashed, in words.
        train: number of images to train with.
        test: number of images to test with.
        classes: number of classes.
        image_shape: height, width and channels as a network gets them.
    """

    fingerprint: str
    hashed: str
    train: int
    test: int
    classes: int
    image_shape: tuple[int, int, int]

    def record(self) -> dict[str, Any]:
        """Plain JSON for run.json; the counts first, as they tell most where two differ."""
        fields = dataclasses.asdict(self)
        fingerprint = fields.pop("fingerprint")
        return {**fields, "image_shape": list(self.image_shape), "fingerprint": fingerprint}


class Fingerprint:
    """A SHA-256 over parts that are told apart by their lengths."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, *parts: bytes | str | np.ndarray) -> None:
        """Adds parts in order; an array with its shape and data type."""
        for part in parts:
            if isinstance(part, np.ndarray):
                self.add(f"{part.dtype.str} {part.shape}")
                self._hash.update(np.ascontiguousarray(part).data)
                continue
            data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
            self._hash.update(len(data).to_bytes(8, "little"))
            self._hash.update(data)

    def text(self) -> str:
        """``sha256:`` and the digits."""
        return f"sha256:{self._hash.hexdigest()}"
