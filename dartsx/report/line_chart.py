"""Curves as a small SVG made of plain text, for pages that are made often: it takes well below a millisecond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from dartsx.report.colours import adaptive
from dartsx.report.svg import INK, QUIET, SANS

WIDTH, HEIGHT = 380.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 34.0, 42.0
LEGEND, CHARACTER, SAMPLE = 16.0, 5.8, 26.0
MOST_TICKS = 6


class Line(NamedTuple):
    """A curve.

    Attributes:
        label: its name in the legend; empty for none.
        xs: whole numbers, rising.
        ys: values; those that are not finite leave a gap.
        colour: ``#rrggbb``.
        dashes: pattern of the line as SVG has it; empty for a whole line.
    """

    label: str
    xs: Sequence[int]
    ys: Sequence[float]
    colour: str
    dashes: str = ""


def line_chart(title: str, lines: Sequence[Line], x_label: str = "epoch") -> str:
    """Draw curves over common axes, with a legend below.

    Returns:
        A complete SVG document as text.
    """
    points = [(x, y) for line in lines for x, y in zip(line.xs, line.ys, strict=True) if math.isfinite(y)]
    across = _ticks(*_range([x for x, _ in points]), whole=True)
    up = _ticks(*_range([y for _, y in points]))
    legend = _legend(lines)
    height = HEIGHT + LEGEND * len(legend)
    to_x = _scale(across, LEFT, WIDTH - RIGHT)
    to_y = _scale(up, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label={quoteattr(_spoken(title, lines))}>',
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#ffffff"/>',
        f'<g font-family="{SANS}" font-size="11" fill="{INK}">',
        f'<text x="{LEFT:g}" y="20" font-size="13" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{LEFT:g} {TOP:g} V{HEIGHT - BOTTOM:g} H{WIDTH - RIGHT:g}" fill="none" stroke="{INK}"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 8:g}" text-anchor="middle">{escape(x_label)}</text>',
    ]
    for tick in across:
        x = to_x(tick)
        parts.append(f'<path d="M{x:.1f} {TOP:g} V{HEIGHT - BOTTOM:g}" stroke="{QUIET}" stroke-opacity="0.3"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15:g}" text-anchor="middle">{tick:g}</text>')
    for tick in up:
        y = to_y(tick)
        parts.append(f'<path d="M{LEFT:g} {y:.1f} H{WIDTH - RIGHT:g}" stroke="{QUIET}" stroke-opacity="0.3"/>')
        parts.append(f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{tick:.6g}</text>')
    parts += [_curve(line, to_x, to_y) for line in lines]
    for row, entries in enumerate(legend):
        parts += [_entry(line, x, HEIGHT + LEGEND * row + 4) for line, x in entries]
    return adaptive("\n".join([*parts, "</g>", "</svg>", ""]))


def _range(values: Sequence[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (0.0, 1.0)


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers that enclose a range, at most seven, at distances of 1, 2 or 5 times a power of ten."""
    if high <= low:
        low, high = (low - 1, low + 1) if whole else (low - (abs(low) or 1) / 10, low + (abs(low) or 1) / 10)
    power = 10.0 ** math.floor(math.log10((high - low) / MOST_TICKS))
    step = next(f * power for f in (1, 2, 5, 10) if (high - low) / (f * power) <= MOST_TICKS - 1)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _scale(ticks: Sequence[float], start: float, end: float):
    low, high = ticks[0], ticks[-1]
    return lambda value: start + (end - start) * (value - low) / (high - low)


def _curve(line: Line, to_x, to_y) -> str:
    words, pen = [], "M"
    for x, y in zip(line.xs, line.ys, strict=True):
        if math.isfinite(y):
            words.append(f"{pen}{to_x(x):.1f} {to_y(y):.1f}")
            pen = "L"
        else:
            pen = "M"
    if len(words) == 1:
        words.append("h0.1")  # a dot
    return f'<path d="{" ".join(words)}" {_stroke(line)} stroke-width="1.8" stroke-linecap="round"/>'


def _stroke(line: Line) -> str:
    dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
    return f'fill="none" stroke="{line.colour}"{dashes}'


def _legend(lines: Sequence[Line]) -> list[list[tuple[Line, float]]]:
    """Rows of lines, each with the place of its sample."""
    rows: list[list[tuple[Line, float]]] = []
    x = WIDTH
    for line in lines:
        width = SAMPLE + CHARACTER * len(line.label) + 14
        if line.label and x + width > WIDTH - RIGHT:
            rows.append([])
            x = LEFT
        if line.label:
            rows[-1].append((line, x))
            x += width
    return rows


def _entry(line: Line, x: float, y: float) -> str:
    sample = f'<path d="M{x:.1f} {y:g} h{SAMPLE - 6:g}" {_stroke(line)} stroke-width="2"/>'
    return f'{sample}<text x="{x + SAMPLE:.1f}" y="{y + 4:g}">{escape(line.label)}</text>'


def _spoken(title: str, lines: Sequence[Line]) -> str:
    """The chart for readers who do not see it: its title, and where each curve ends."""
    ends = [f"{line.label} {line.ys[-1]:.4g} at {line.xs[-1]}" for line in lines if line.xs and line.label]
    return f"{title}: {', '.join(ends)}" if ends else title
