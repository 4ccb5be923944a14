"""A path through a trellis as an SVG drawing: a column per layer, a row per level, all moves, the path over them."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from dartsx.networks.open.rules import Viterbi
from dartsx.report.colours import adaptive
from dartsx.report.svg import INK, QUIET, SANS

STEP, MARGIN, LABELS, TOP, RADIUS = 56.0, 24.0, 96.0, 62.0, 9.0
LETTER = 8.5  # width of one in the title, on the safe side
PATH, PLACE = "#2563eb", "#e5e7eb"
Point = tuple[int, int]  # (layer, level)


def trellis_svg(rule: Viterbi, choices: Mapping[str, str], title: str) -> str:
    """Draw a path.

    Args:
        rule: how the path is derived, which says where it can go.
        choices: decision -> option; those of the path are read.
        title: a line above the drawing.

    Returns:
        A complete SVG document as text (ASCII).
    """
    moves = [
        ((layer, level), (layer + 1, target))
        for layer, levels in enumerate(rule.steps)
        for level, (_, options) in enumerate(levels)
        for _, target in options
    ]
    places = sorted({(0, 0), *(end for _, end in moves)})
    path = _path(rule, choices)
    width = max(LABELS + 2 * MARGIN + STEP * len(rule.steps) + RADIUS, 2 * MARGIN + LETTER * len(title))
    height = TOP + STEP * max(level for _, level in places) + MARGIN + RADIUS
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#ffffff"/>',
        _words(MARGIN, 24, title, 15, "bold"),
        *(_words(_at((layer, 0))[0], 44, str(layer + 1), 11, anchor="middle") for layer in range(len(path))),
        *(_words(MARGIN, _at((0, level))[1] + 4, _size(level), 11) for level in sorted({level for _, level in places})),
        *(_line(a, b, QUIET, 1) for a, b in moves),
        *(_spot(place, PLACE, QUIET) for place in places if place not in path),
        *(_line(a, b, PATH, 5) for a, b in zip(path, path[1:], strict=False)),
        *(_spot(place, PATH, PATH) for place in path),
        "</svg>",
    ]
    return adaptive("\n".join(lines))


def _path(rule: Viterbi, choices: Mapping[str, str]) -> list[Point]:
    path = [(0, 0)]
    for layer, levels in enumerate(rule.steps):
        name, options = levels[path[-1][1]]
        path.append((layer + 1, dict(options)[choices[name]]))
    return path


def _size(level: int) -> str:
    return "largest maps" if level == 0 else f"1/{2**level} of their size"


def _at(place: Point) -> tuple[float, float]:
    layer, level = place
    return LABELS + MARGIN + STEP * layer, TOP + STEP * level


def _line(start: Point, end: Point, colour: str, width: int) -> str:
    (x, y), (to_x, to_y) = _at(start), _at(end)
    return (
        f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="{colour}" stroke-width="{width}" '
        'stroke-linecap="round"/>'
    )


def _spot(place: Point, fill: str, stroke: str) -> str:
    x, y = _at(place)
    text = f"layer {place[0] + 1}, level {place[1]}"
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS:g}" fill="{fill}" stroke="{stroke}"><title>{escape(text)}</title>'
        "</circle>"
    )


def _words(x: float, y: float, text: str, size: int, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{SANS}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
    )
