"""CIFAR-10 at a size for a CPU: the first 5,000 training and 1,000 test images, averaged down to 16x16 pixels.

``python -m benchmarks.small_cifar data cifar-small.npz`` (data: the TFDS folder that holds CIFAR-10)
"""

import sys

import numpy as np

from dartsx.data import load_dataset

TRAIN, TEST = 5_000, 1_000


def shrink(images: np.ndarray) -> np.ndarray:
    """Averages over 2x2 pixels: uint8 [n, H, W, C] -> uint8 [n, H / 2, W / 2, C]."""
    count, height, width, channels = images.shape
    blocks = images.reshape(count, height // 2, 2, width // 2, 2, channels)
    return np.round(blocks.mean((2, 4))).astype(np.uint8)


def main(data_dir: str, out: str) -> None:
    """Writes the arrays that ``--config.dataset.name=OUT`` reads."""
    dataset = load_dataset("cifar10", data_dir)
    arrays = {}
    for name, split, count in (("train", dataset.train, TRAIN), ("test", dataset.test, TEST)):
        arrays[f"x_{name}"], arrays[f"y_{name}"] = shrink(split.images[:count]), split.labels[:count]
    np.savez(out, **arrays)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m benchmarks.small_cifar DATA_DIR OUT.npz")
    main(*sys.argv[1:])
