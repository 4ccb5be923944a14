"""CIFAR-10 at a size for a CPU: the first 5,000 training and 1,000 test images, averaged down to 16x16 pixels or less.

``python -m benchmarks.small_cifar data cifar-small.npz`` (data: the TFDS folder that holds CIFAR-10; a third argument
gives other pixels, a divisor of 32)
"""

import sys

import numpy as np

from dartsx.data import load_dataset

TRAIN, TEST = 5_000, 1_000


def shrink(images: np.ndarray, pixels: int) -> np.ndarray:
    """Averages over blocks: uint8 [n, H, W, C] -> uint8 [n, pixels, pixels, C]."""
    count, height, width, channels = images.shape
    blocks = images.reshape(count, pixels, height // pixels, pixels, width // pixels, channels)
    return np.round(blocks.mean((2, 4))).astype(np.uint8)


def main(data_dir: str, out: str, pixels: str = "16") -> None:
    """Writes the arrays that ``--config.dataset.name=OUT`` reads."""
    dataset = load_dataset("cifar10", data_dir)
    arrays = {}
    for name, split, count in (("train", dataset.train, TRAIN), ("test", dataset.test, TEST)):
        arrays[f"x_{name}"], arrays[f"y_{name}"] = shrink(split.images[:count], int(pixels)), split.labels[:count]
    np.savez(out, **arrays)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python -m benchmarks.small_cifar DATA_DIR OUT.npz [PIXELS]")
    main(*sys.argv[1:])
