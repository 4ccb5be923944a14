"""What a data set in memory is: two splits of raw pixels and the figures that describe them."""

import dataclasses
import functools
from typing import ClassVar

import numpy as np

from dartsx.data.identity import PIXELS, Fingerprint, Identity


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Images with their labels, in memory.

    Attributes:
        images: uint8 [N, H, W, C], raw pixels 0..255.
        labels: int32 [N], class numbers from 0.

    Raises:
        ValueError: if a shape or a data type is another one, or the numbers of images and labels
            differ.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        check_images(self.images)
        if self.labels.dtype != np.int32 or self.labels.ndim != 1:
            raise ValueError(f"labels must be int32 [N], got {self.labels.dtype} {list(self.labels.shape)}")
        if len(self.images) != len(self.labels):
            raise ValueError(f"{len(self.images)} images but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, indices: np.ndarray) -> "Split":
        """Only the examples of these numbers."""
        return Split(self.images[indices], self.labels[indices])


def check_images(images: np.ndarray) -> None:
    """Checks that these are images as splits hold them.

    Raises:
        ValueError: if they are not uint8 [N, H, W, C], or there are none.
    """
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ValueError(
            f"images must be uint8 [N, H, W, C] with values 0..255, got {images.dtype} {list(images.shape)}"
        )
    if not len(images):
        raise ValueError("a split needs at least one image, got none")


def check_alike(
    name: str, train: np.ndarray, test: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    """Checks that images of both splits have one size, and that mean and deviation are those of their channels.

    Raises:
      ValueError: they have not, or a deviation is not positive.
    """
    if train.shape[1:] != test.shape[1:]:
        sizes = f"train images are {list(train.shape[1:])}, test images {list(test.shape[1:])}"
        raise ValueError(f"{name}: {sizes}; they must have one size")
    channels = train.shape[-1]
    if len(mean) != channels or len(std) != channels:
        entries = f"mean has {len(mean)} entries and std {len(std)}"
        raise ValueError(f"{name}: images have {channels} channels, but {entries}")
    if not all(s > 0 for s in std):
        raise ValueError(f"{name}: std must be positive, got {std}")


def check_range(name: str, part: str, labels: np.ndarray, classes: int) -> None:
    """Checks that there is a class for every label.

    Args:
        name: name of the data set, for messages.
        part: part of the data set, for messages.
        labels: int [N], at least one.
        classes: number of classes.

    Raises:
        ValueError: if not.
    """
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"{name}: {part} labels run from {low} to {high}, but {classes} classes allow 0 to {classes - 1}"
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """An image classification data set in memory.

    Attributes:
        name: the name by which the data set was asked for, e.g. ``cifar10``.
        label: its name in reports, e.g. ``CIFAR-10``.
        classes: the class names; their positions are the labels.
        train: the split that searches and trainings see.
        test: the split that only final evaluations see.
        mean: mean per channel, in pixel units 0..1.
        std: standard deviation per channel, in pixel units 0..1, positive.

    Raises:
        ValueError: if the splits do not fit together, or the labels the classes, or the statistics
            the channels.
    """

    name: str
    label: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]

    task: ClassVar[str] = "classification"

    def __post_init__(self):
        check_alike(self.name, self.train.images, self.test.images, self.mean, self.std)
        for part, split in (("train", self.train), ("test", self.test)):
            check_range(self.name, part, split.labels, len(self.classes))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return tuple(self.train.images.shape[1:])

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @functools.cached_property
    def identity(self) -> Identity:
        """What the data set is, whatever its name, its place and its format: equal for equal pixels and labels."""
        fingerprint = Fingerprint()
        for split in (self.train, self.test):
            fingerprint.add(split.images, split.labels)
        fingerprint.add(repr((self.mean, self.std)))
        counts = len(self.train), len(self.test), self.num_classes
        return Identity(fingerprint.text(), PIXELS, *counts, self.image_shape)
