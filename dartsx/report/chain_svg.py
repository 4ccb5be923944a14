"""A chain of blocks as an SVG drawing: height, width and colour of a block mean something, and a legend says what.

A network is cut into the blocks that `dartsx.cost.pieces` cuts it into. The same network gives the same text.
"""

from __future__ import annotations

import math
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from dartsx.cost.pieces import Piece, pieces
from dartsx.networks import Network
from dartsx.networks.layers import Conv, Shape
from dartsx.report.colours import adaptive
from dartsx.report.svg import INK, MONO, SANS

WIDTH, MARGIN, GAP, LEGEND = 720.0, 14.0, 5.0, 76.0
# Largest kernel of a block -> (fill, stroke); 0 for blocks without convolutions.
KERNELS = {
    0: ("#f3f4f6", "#6b7280"),
    1: ("#ecfccb", "#65a30d"),
    3: ("#dbeafe", "#2563eb"),
    5: ("#ede9fe", "#7c3aed"),
    7: ("#ffedd5", "#ea580c"),
}
OTHER = ("#fce7f3", "#db2777")


class Brick(NamedTuple):
    """A block as it is drawn.

    Attributes:
      label: what stands in it: largest kernel, expansion where channels grow inside.
      channels: channels that leave it.
      size: height of the map that leaves it.
      kernel: its largest kernel.
      strided: whether the map shrinks in it.
      text: what a reader sees who points at it.
    """

    label: str
    channels: int
    size: int
    kernel: int
    strided: bool
    text: str


def chain_svg(network: Network, title: str, image_shape: int | Shape | None = None) -> str:
    """Draw a closed network as a row of blocks, which goes on below where it is too long.

    Returns:
        A complete SVG document as text (ASCII).
    """
    bricks = [_brick(block.name, block.shape) for block in pieces(network, image_shape)]
    tallest = max(map(_height, bricks))
    x, y, parts = MARGIN, 44.0, []
    for brick in bricks:
        if x + _width(brick) > WIDTH - MARGIN:
            x, y = MARGIN, y + tallest + 26
        parts.append(_drawn(brick, x, y + (tallest - _height(brick)) / 2))
        x += _width(brick) + GAP
    height = y + tallest + LEGEND
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{WIDTH:g}" height="{height:g}" rx="8" fill="#ffffff"/>',
        _words(MARGIN, 26, title, 15, bold=True),
    )
    return adaptive("\n".join([*head, *parts, *_legend(bricks, height - LEGEND + 30), "</svg>", ""]))


def _brick(name: str, piece: Piece) -> Brick:
    convolutions = [op for op in piece.ops if isinstance(op.layer, Conv) and len(op.shape) == 3]
    kernel = max((max(op.layer.kernel) for op in convolutions), default=0)
    before, after = piece.inputs[0], piece.shapes[-1]
    inside = max((op.shape[-1] for op in convolutions if op.layer.groups > 1), default=0)  # of grouped convolutions
    label = (f"k{kernel}" if kernel else "") + (f" e{inside / before[-1]:.3g}" if inside > before[-1] else "")
    size_before, size_after = (shape[0] if len(shape) == 3 else 1 for shape in (before, after))
    text = f"{name}: {'x'.join(map(str, before))} to {'x'.join(map(str, after))}, {piece.macs:,} multiply-adds"
    return Brick(label, after[-1], size_after, kernel, kernel > 0 and size_after < size_before, text)


def _width(brick: Brick) -> float:
    return round(14 + 3 * math.sqrt(brick.channels), 1)


def _height(brick: Brick) -> float:
    return round(26 + 12 * math.log2(brick.size), 1)


def _colours(kernel: int) -> tuple[str, str]:
    return KERNELS.get(kernel, OTHER)


def _drawn(brick: Brick, x: float, y: float) -> str:
    (fill, stroke), width, height = _colours(brick.kernel), _width(brick), _height(brick)
    middle, foot = x + width / 2, y + height
    lines = [
        f"<g><title>{escape(brick.text)}</title>",
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{fill}" stroke="{stroke}" '
        'stroke-width="1.3"/>',
    ]
    if brick.strided:
        lines.append(f'<rect x="{x:g}" y="{y:g}" width="4" height="{height:g}" rx="2" fill="{stroke}"/>')
    for i, word in enumerate(brick.label.split()):
        lines.append(_words(middle, y + 17 + 12 * i, word, 10, centred=True))
    return "\n".join([*lines, _words(middle, foot + 12, str(brick.channels), 9, centred=True), "</g>"])


def _legend(bricks: list[Brick], y: float) -> list[str]:
    parts, x = [], MARGIN
    for kernel in sorted({brick.kernel for brick in bricks}):
        fill, stroke = _colours(kernel)
        parts.append(f'<rect x="{x:g}" y="{y - 10:g}" width="14" height="12" rx="3" fill="{fill}" stroke="{stroke}"/>')
        text = f"kernel {kernel}" if kernel else "no convolution"
        parts.append(_words(x + 19, y, text, 11))
        x += 34 + 6.2 * len(text)
    sizes = sorted({brick.size for brick in bricks}, reverse=True)
    parts.append(
        _words(MARGIN, y + 18, "width: channels out (number below); height: height of the map, "
               f"{', '.join(map(str, sizes))} pixels", 11)
    )  # fmt: skip
    parts.append(_words(MARGIN, y + 34, "k: largest kernel, e: expansion of the channels; bar on the left: stride", 11))
    return parts


def _words(x: float, y: float, text: str, size: int, *, centred: bool = False, bold: bool = False) -> str:
    where = ' text-anchor="middle"' if centred else ""
    weight = ' font-weight="bold"' if bold else ""
    font = MONO if centred else SANS
    return (
        f'<text x="{x:g}" y="{y:g}"{where}{weight} font-family="{font}" font-size="{size}" fill="{INK}">'
        f"{escape(text)}</text>"
    )
