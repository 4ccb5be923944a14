"""Rounding rules of scaled widths and depths; open numbers are rounded option by option."""

from __future__ import annotations

import math

from dartsx.networks.open.size import each


def make_divisible(width: float, divisor: int = 8, smallest: int | None = None) -> int:
    """The nearest multiple of `divisor`, but not below 90% of `width` (MobileNet's and EfficientNet's released code).

    Args:
      width: wanted number of channels.
      divisor: number that the result is a multiple of.
      smallest: the result is at least this; by default `divisor`.

    Example: ``make_divisible(32 * 1.1) == 32`` and ``make_divisible(11) == 16`` (8 would be less than 90%).
    """
    return each(_divisible, width, divisor, smallest)


def scaled_depth(layers: int, factor: float) -> int:
    """Repetitions of a stage in a network `factor` times as deep: rounded up (EfficientNet's released code)."""
    return each(math.ceil, layers * factor)


def _divisible(width: float, divisor: int, smallest: int | None) -> int:
    rounded = max(smallest or divisor, int(width + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * width else rounded
