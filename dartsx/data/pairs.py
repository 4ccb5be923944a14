"""Pairs of images, of which one is to be made from the other: single-image super-resolution on any set of images.

The high resolution is the image; the low resolution is made of it on the device, so that crops and flips come first.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar

import jax
import jax.numpy as jnp

from dartsx.data.dataset import Dataset
from dartsx.data.dense import DenseDataset
from dartsx.data.identity import Fingerprint, Identity

_COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}


@dataclasses.dataclass(frozen=True, eq=False)
class PairDataset:
    """A super-resolution data set in memory: the images of another one, and a scale.

    Attributes:
        images: the data set whose images are the high resolution; what else it says of them is not used.
        scale: how many times smaller the low resolution is, in height and in width.

    Raises:
        ValueError: if the images cannot be made so many times smaller.
    """

    images: Dataset | DenseDataset
    scale: int

    task: ClassVar[str] = "super_resolution"

    def __post_init__(self):
        height, width, _ = self.images.image_shape
        if height % self.scale or width % self.scale:
            raise ValueError(
                f"{self.images.name}: images of {height}x{width} cannot be made {self.scale} times smaller; "
                f"height and width must be divisible by {self.scale}"
            )

    @property
    def name(self) -> str:
        """The name by which the images were asked for."""
        return self.images.name

    @property
    def label(self) -> str:
        """Its name in reports, such as ``CIFAR-10 x2``."""
        return f"{self.images.label} x{self.scale}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the low resolution, which a network reads."""
        height, width, channels = self.images.image_shape
        return height // self.scale, width // self.scale, channels

    @property
    def num_classes(self) -> int:
        """How many values a network makes for every pixel: the channels of an image."""
        return self.images.image_shape[-1]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of these values."""
        return _COLOURS.get(self.num_classes) or tuple(f"channel {i}" for i in range(self.num_classes))

    @functools.cached_property
    def identity(self) -> Identity:
        """What the data set is, whatever its name and place: equal for equal pixels and scale."""
        fingerprint = Fingerprint()
        fingerprint.add(self.images.train.images, self.images.test.images)
        fingerprint.add(repr((self.images.mean, self.images.std, self.scale)))
        counts = len(self.images.train), len(self.images.test), self.num_classes
        hashed = "pixels, mean, standard deviation and scale"
        return Identity(fingerprint.text(), hashed, *counts, self.image_shape)


def shrink(images: jax.Array, scale: int) -> jax.Array:
    """Bicubic down-scaling with a low-pass filter, rounded to whole pixel values as a file would hold them.

    The kernel is Keys's with a = -1/2 (IEEE Trans. ASSP 29(6), 1981), stretched by the scale; at the border its weights
    are divided by their sum. So does Pillow's ``BICUBIC``, up to rounding; MATLAB's ``imresize``, by which the field's
    sets are made, uses the same kernel but mirrors the image at the border.

    Args:
        images: [N, H, W, C], values 0..255.
        scale: divides H and W.

    Returns:
        float32 [N, H / scale, W / scale, C], whole numbers 0..255.
    """
    count, height, width, channels = images.shape
    shape = (count, height // scale, width // scale, channels)
    small = jax.image.resize(images.astype(jnp.float32), shape, "cubic", antialias=True)
    return jnp.clip(jnp.round(small), 0, 255)
