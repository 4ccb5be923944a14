"""Mean and standard deviation of pixels, exact."""

import math

import numpy as np

_CHUNK = 4096  # images counted at once, so that the counting needs little memory


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and population standard deviation of every channel.

    The pixel values are counted and summed as integers, so only the last division rounds and the
    result depends neither on the order of the images nor on the machine.

    Args:
        images: uint8 [N, H, W, C].

    Returns:
        ``(mean, std)``, each with C entries in pixel units 0..1. A channel that holds one value
        only gets std 1, so that normalising it gives 0.
    """
    channels = [_mean_and_std(_histogram(images[..., c])) for c in range(images.shape[-1])]
    means, stds = zip(*channels, strict=True)
    return means, stds


def _histogram(values: np.ndarray) -> list[int]:
    counts = np.zeros(256, np.int64)
    for start in range(0, len(values), _CHUNK):
        counts += np.bincount(values[start : start + _CHUNK].ravel(), minlength=256)
    return counts.tolist()


def _mean_and_std(counts: list[int]) -> tuple[float, float]:
    total = sum(counts)
    first = sum(value * count for value, count in enumerate(counts))
    second = sum(value * value * count for value, count in enumerate(counts))
    variance = (total * second - first * first) / (total * total)
    return first / total / 255, math.sqrt(variance) / 255 or 1.0
