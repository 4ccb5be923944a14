"""MixConv: one depthwise convolution with several kernel sizes (arXiv:1907.09595, section 3.1)."""

from __future__ import annotations

import dataclasses

from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class MixConv:
    """y = norm concat(D_k1 x_1, D_k2 x_2, ...): [H, W, C] -> [H / stride, W / stride, C].

    The channels are split evenly (the first part takes the rest) and part i is convolved depthwise with a k_i x k_i
    kernel (equation 2).

    Attributes:
      kernels: k_1, k_2, ...
      stride: stride of all of them.
      act: activation at the end, or None.
    """

    kernels: tuple[int, ...] = (3, 5)
    stride: int = 1
    act: str | None = "relu"

    def build(self, trace: Trace, x: Value) -> Value:
        """Mixed depthwise convolution, batch norm, activation."""
        return trace.act(trace.norm(mixed_depthwise(trace, x, self.kernels, self.stride)), self.act)


def parts(channels: int, count: int) -> tuple[int, ...]:
    """Channels in `count` even parts, of which the first takes what is left over.

    Raises:
      ValueError: fewer channels than parts.
    """
    if channels < count:
        raise ValueError(f"{channels} channels cannot be split into {count} parts")
    return (channels - channels // count * (count - 1), *[channels // count] * (count - 1))


def mixed_depthwise(trace: Trace, x: Value, kernels: int | tuple[int, ...], stride: int) -> Value:
    """Depthwise convolution of every part of the channels with its own kernel size."""
    if isinstance(kernels, int) or len(kernels) == 1:
        kernel = kernels if isinstance(kernels, int) else kernels[0]
        return trace.conv(x, x.channels, kernel, stride, groups=x.channels, name="depthwise")
    pieces = trace.split(x, *parts(x.channels, len(kernels)))
    return trace.concat(
        *(
            trace.conv(piece, piece.channels, kernel, stride, groups=piece.channels, name=f"depthwise{kernel}x{kernel}")
            for piece, kernel in zip(pieces, kernels, strict=True)
        )
    )


def mixed_pointwise(trace: Trace, x: Value, features: int, splits: int, name: str) -> Value:
    """1x1 convolution, in `splits` parts of inputs and outputs that do not see one another."""
    if splits == 1:
        return trace.conv(x, features, 1, name=name)
    pieces = trace.split(x, *parts(x.channels, splits))
    widths = parts(features, splits)
    return trace.concat(
        *(
            trace.conv(piece, width, 1, name=f"{name}{i}")
            for i, (piece, width) in enumerate(zip(pieces, widths, strict=True), 1)
        )
    )
