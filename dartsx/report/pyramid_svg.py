"""A feature pyramid as an SVG drawing: levels are rows, the finest below; merge cells are nodes in their order.

The same pyramid gives the same text. Colours show how a cell merges, a thick frame that its result is an output, dashed
lines what an output adds because nothing else reads it.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from dartsx.networks.anchors import LEVELS
from dartsx.networks.blocks.detector import LOWEST
from dartsx.networks.blocks.pyramid import Pyramid
from dartsx.report.colours import adaptive
from dartsx.report.svg import INK, QUIET, SANS

# How a node comes about -> (fill, stroke).
KINDS = {
    "map": ("#f3f4f6", "#6b7280"),
    "sum": ("#dbeafe", "#2563eb"),
    "attention": ("#ffedd5", "#ea580c"),
}
_TOP, _LEFT, _COLUMN, _ROW = 52.0, 64.0, 78.0, 52.0
_NODE = (46.0, 26.0)  # width and height
_LEVELS = tuple(range(LOWEST, LOWEST + LEVELS))


class Node(NamedTuple):
    """A value of a pyramid as it is drawn.

    Attributes:
      number: its number, by which cells read it.
      level: its row.
      column: its column; maps that come in are in column 0.
      kind: a key of `KINDS`.
      output: whether it is an output.
      reads: numbers of the values that it merges.
      adds: numbers of those that it adds because nothing has read them.
    """

    number: int
    level: int
    column: int
    kind: str
    output: bool
    reads: tuple[int, ...]
    adds: tuple[int, ...]


def pyramid_svg(pyramid: Pyramid, title: str) -> str:
    """Draw a closed pyramid.

    Returns:
        A complete SVG document as text (ASCII).
    """
    nodes = nodes_of(pyramid)
    width = _LEFT + _COLUMN * (1 + max(node.column for node in nodes)) + 10
    height = _TOP + _ROW * LEVELS + 40
    rows = [
        f'<line x1="{_LEFT - 12:g}" y1="{_y(level):g}" x2="{width - 12:g}" y2="{_y(level):g}" stroke="{QUIET}" '
        f'stroke-width="0.5"/>{_words(14, _y(level) + 4, f"P{level}")}'
        for level in _LEVELS
    ]
    lines = [_line(nodes[source], node, dashed) for node in nodes for source, dashed in _sources(node)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#ffffff"/>',
        _words(14, 26, title, 14, bold=True),
    )
    return adaptive("\n".join([*head, *rows, *lines, *map(_drawn, nodes), _legend(height - 18), "</svg>", ""]))


def nodes_of(pyramid: Pyramid) -> list[Node]:
    """All values of a pyramid, by number."""
    nodes = [Node(i, level, 0, "map", False, (), ()) for i, level in enumerate(_LEVELS)]
    read: set[int] = set()
    for column, cell in enumerate(pyramid.cells, 1):
        read |= set(cell.inputs.sources)
        adds = tuple(
            node.number for node in nodes if cell.output and node.level == cell.level and node.number not in read
        )
        read |= set(adds)
        nodes.append(Node(len(nodes), cell.level, column, cell.merge.kind, cell.output, cell.inputs.sources, adds))
    return nodes


def _sources(node: Node) -> list[tuple[int, bool]]:
    return [*((source, False) for source in node.reads), *((source, True) for source in node.adds)]


def _x(column: int) -> float:
    return _LEFT + _COLUMN * column


def _y(level: int) -> float:
    return _TOP + _ROW * (_LEVELS[-1] - level) + _NODE[1] / 2


def _line(source: Node, node: Node, dashed: bool) -> str:
    """A curve from the right side of a node to the left side of another; along one row it bows upwards."""
    x, y, to_x, to_y = _x(source.column) + _NODE[0], _y(source.level), _x(node.column), _y(node.level)
    bow = -24.0 if y == to_y and node.column - source.column > 1 else 0.0
    half = (to_x - x) / 2
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<path d="M{x:g} {y:g} C{x + half:g} {y + bow:g} {to_x - half:g} {to_y + bow:g} {to_x:g} {to_y:g}" '
        f'fill="none" stroke="{KINDS[node.kind][1]}" stroke-width="1.4"{dash}/>'
    )


def _drawn(node: Node) -> str:
    (fill, stroke), (width, height) = KINDS[node.kind], _NODE
    x, y = _x(node.column), _y(node.level) - height / 2
    told = f"{node.number}: {node.kind}, level {node.level}"
    told += f", of {' and '.join(map(str, node.reads))}" if node.reads else ""
    told += f"; adds {' and '.join(map(str, node.adds))}" if node.adds else ""
    return (
        f'<g><title>{escape(told)}</title><rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="{3 if node.output else 1.2:g}"/>'
        f"{_words(x + width / 2, y + 17, str(node.number), centred=True)}</g>"
    )


def _legend(y: float) -> str:
    words = {"map": "map of the backbone", "sum": "sum", "attention": "global attention"}
    parts, x = [], 14.0
    for kind, (fill, stroke) in KINDS.items():
        parts.append(f'<rect x="{x:g}" y="{y - 10:g}" width="14" height="12" rx="3" fill="{fill}" stroke="{stroke}"/>')
        parts.append(_words(x + 19, y, words[kind], 11))
        x += 40 + 6.2 * len(words[kind])
    return "\n".join([*parts, _words(x, y, "thick frame: output; dashed: added unread", 11)])


def _words(x: float, y: float, text: str, size: int = 12, *, centred: bool = False, bold: bool = False) -> str:
    where = ' text-anchor="middle"' if centred else ""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}"{where}{weight} font-family="{SANS}" font-size="{size}" fill="{INK}">'
        f"{escape(text)}</text>"
    )
