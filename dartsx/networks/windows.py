"""How windows move over a map: padding, and how many there are."""

from __future__ import annotations

from typing import Literal

Pair = tuple[int, int]
Padding = Literal["same"] | int | Pair | tuple[Pair, Pair]


def pads(padding: Padding, kernel: Pair, stride: Pair, size: Pair) -> tuple[Pair, Pair]:
    """Pixels before and after, for height and width; negative ones are cut off.

    Args:
      padding: the same number on all sides; (rows, columns); ((top, bottom), (left, right)); or ``"same"``,
        TensorFlow's rule: an output of ceil(size / stride), the odd pixel at the end.
      kernel, stride, size: one number each for height and width.
    """
    if padding == "same":
        totals = [max(0, (-(-n // s) - 1) * s + k - n) for n, k, s in zip(size, kernel, stride, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    both = (padding, padding) if isinstance(padding, int) else padding
    return tuple((p, p) if isinstance(p, int) else p for p in both)


def count(size: Pair, padding: tuple[Pair, Pair], kernel: Pair, stride: Pair, ceil: bool = False) -> Pair:
    """Number of windows along height and width; with `ceil` the last may reach over the end.

    Raises:
      ValueError: not even one fits.
    """
    counts = []
    for n, (before, after), k, s in zip(size, padding, kernel, stride, strict=True):
        room = n + before + after - k
        if room < 0:
            raise ValueError(f"a map of {size[0]}x{size[1]} is too small for a window of {k} pixels")
        windows = (-(-room // s) if ceil else room // s) + 1
        # A window must start inside the map or the padding before it, also where sizes are rounded up.
        counts.append(windows - 1 if ceil and (windows - 1) * s >= n + before else windows)
    return tuple(counts)
