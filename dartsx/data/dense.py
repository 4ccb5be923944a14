"""Data sets whose images have more than one label each: a class for every pixel, or boxes with classes."""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar, Literal, Protocol

import numpy as np

from dartsx.data.dataset import check_alike, check_images, check_range
from dartsx.data.identity import Fingerprint, Identity

IGNORED = 255
"""Class of pixels that are not counted: borders of objects in VOC, and what augmentation moves into an image."""


class Targets(Protocol):
    """What images of a dense data set are to be predicted as, as arrays [N, ...]."""

    hashed: ClassVar[str]

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        ...

    def classes(self) -> np.ndarray:
        """Every class number that is counted, once for each time it comes or once in all."""
        ...

    def check(self, where: str, image_shape: tuple[int, int, int]) -> None:
        """Raises a ValueError where data types or shapes do not fit each other or the images."""
        ...


@dataclasses.dataclass(frozen=True, eq=False)
class Masks:
    """A class for every pixel.

    Attributes:
        masks: uint8 [N, H, W], class numbers from 0, or `IGNORED`.
    """

    masks: np.ndarray

    hashed: ClassVar[str] = "pixels, masks, mean and standard deviation"

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Targets`."""
        return {"masks": self.masks}

    def classes(self) -> np.ndarray:
        """See `Targets`."""
        found = np.unique(self.masks)
        return found[found != IGNORED]

    def check(self, where: str, image_shape: tuple[int, int, int]) -> None:
        """See `Targets`."""
        if self.masks.dtype != np.uint8 or self.masks.shape[1:] != image_shape[:2]:
            height, width, _ = image_shape
            raise ValueError(
                f"{where}: masks must be uint8 [N, {height}, {width}], got {self.masks.dtype} {list(self.masks.shape)}"
            )
        if not len(self.classes()):
            raise ValueError(f"{where}: every pixel has the class {IGNORED}, which is not counted")


@dataclasses.dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes with classes, filled up with zeros to the same number for every image.

    Attributes:
        boxes: float32 [N, most, 4], each (top, left, bottom, right) in pixels; bottom and right lie outside.
        labels: int32 [N, most], class numbers from 0.
        counts: int32 [N], how many of them there are.
    """

    boxes: np.ndarray
    labels: np.ndarray
    counts: np.ndarray

    hashed: ClassVar[str] = "pixels, boxes, labels, mean and standard deviation"

    def arrays(self) -> dict[str, np.ndarray]:
        """See `Targets`."""
        return {"boxes": self.boxes, "labels": self.labels, "counts": self.counts}

    def classes(self) -> np.ndarray:
        """See `Targets`."""
        return self.labels[self._real()]

    def check(self, where: str, image_shape: tuple[int, int, int]) -> None:
        """See `Targets`."""
        count, most = self.labels.shape if self.labels.ndim == 2 else (-1, -1)
        wanted = {
            "boxes": (np.float32, (count, most, 4)),
            "labels": (np.int32, (count, most)),
            "counts": (np.int32, (count,)),
        }
        for name, (kind, shape) in wanted.items():
            array = getattr(self, name)
            if array.dtype != kind or array.shape != shape:
                raise ValueError(
                    f"{where}: boxes are float32 [N, most, 4], labels int32 [N, most] and counts int32 [N], but "
                    f"{name} are {array.dtype} {list(array.shape)}"
                )
        if not self.counts.any():
            raise ValueError(f"{where}: there is no box in any image")
        top, left, bottom, right = np.moveaxis(self.boxes[self._real()], -1, 0)
        height, width, _ = image_shape
        inside = (top >= 0) & (top < bottom) & (bottom <= height) & (left >= 0) & (left < right) & (right <= width)
        if not inside.all():
            box = self.boxes[self._real()][np.argmin(inside)].tolist()
            raise ValueError(
                f"{where}: (top, left, bottom, right) of a box must rise and lie in the image of {height}x{width}, got "
                f"{box}"
            )

    def _real(self) -> np.ndarray:
        """bool [N, most]: which entries are boxes and which fill up."""
        return np.arange(self.labels.shape[1]) < self.counts[:, None]


@dataclasses.dataclass(frozen=True, eq=False)
class DenseSplit:
    """Images in memory with what is to be predicted of each.

    Attributes:
        images: uint8 [N, H, W, C], raw pixels 0..255.
        targets: `Masks` or `Boxes`, one entry for each image.

    Raises:
        ValueError: if a shape or a data type is another one, or the numbers of images and targets differ.
    """

    images: np.ndarray
    targets: Targets

    def __post_init__(self):
        check_images(self.images)
        self.targets.check("targets", self.images.shape[1:])
        for name, array in self.targets.arrays().items():
            if len(array) != len(self.images):
                raise ValueError(f"{len(self.images)} images but {len(array)} {name}")

    def __len__(self) -> int:
        return len(self.images)


@dataclasses.dataclass(frozen=True, eq=False)
class DenseDataset:
    """A data set for segmentation or detection, in memory.

    Attributes:
        name: the name by which it was asked for.
        label: its name in reports.
        task: what is predicted; ``segmentation`` has `Masks`, ``detection`` has `Boxes`.
        classes: the class names; their positions are the class numbers.
        train: what searches and trainings see.
        test: what only final evaluations see.
        mean: mean per channel, in pixel units 0..1.
        std: standard deviation per channel, in pixel units 0..1, positive.
        class_balance: from 0 to 1, see `class_weights`.

    Raises:
        ValueError: if the splits do not fit together, or the class numbers the classes.
    """

    name: str
    label: str
    task: Literal["segmentation", "detection"]
    classes: tuple[str, ...]
    train: DenseSplit
    test: DenseSplit
    mean: tuple[float, ...]
    std: tuple[float, ...]
    class_balance: float = 0.0

    def __post_init__(self):
        check_alike(self.name, self.train.images, self.test.images, self.mean, self.std)
        for part, split in (("train", self.train), ("test", self.test)):
            check_range(self.name, part, split.targets.classes(), len(self.classes))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return tuple(self.train.images.shape[1:])

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @functools.cached_property
    def class_weights(self) -> tuple[float, ...] | None:
        """What a pixel weighs in the loss by its class: the class's share of the training pixels ** -class_balance.

        At 1 all classes weigh the same in sum. None at 0, where all pixels weigh the same. A class without pixels
        counts as if it had one.
        """
        if not self.class_balance:
            return None
        masks = self.train.targets.arrays()["masks"]
        counts = np.bincount(masks[masks != IGNORED], minlength=self.num_classes)
        return tuple((np.maximum(counts, 1) / counts.sum()) ** -self.class_balance)

    @functools.cached_property
    def identity(self) -> Identity:
        """What the data set is, whatever its name and place: equal for equal pixels and targets."""
        fingerprint = Fingerprint()
        for split in (self.train, self.test):
            fingerprint.add(split.images)
            for name, array in split.targets.arrays().items():
                fingerprint.add(name, array)
        fingerprint.add(repr((self.mean, self.std)))
        counts = len(self.train), len(self.test), self.num_classes
        return Identity(fingerprint.text(), self.train.targets.hashed, *counts, self.image_shape)
