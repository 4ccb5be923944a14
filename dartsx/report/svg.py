"""A cell as an SVG drawing, in plain text and without any external program.

Colours show the family of a primitive; its name always stands beside them. The text is the same,
byte for byte, for the same cell. It holds no ids, so several drawings can share one HTML page. Cells with two inputs
read c_{k-2} and c_{k-1} and give c_{k}; nodes of cells with one input are numbered from that.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from dartsx.report import layout
from dartsx.report.colours import adaptive
from dartsx.report.column_order import NODE_RADIUS, OUTPUT, PILL_HEIGHT
from dartsx.report.layout import Layout, Line, Pill, Spot
from dartsx.spaces import Cell

# Prefix of a primitive's name -> (fill, stroke, text). The first that fits counts.
FAMILIES = {
    "sep_conv": ("#dbeafe", "#2563eb", "#1e3a8a"),
    "separable": ("#dbeafe", "#2563eb", "#1e3a8a"),
    "dil_conv": ("#ccfbf1", "#0d9488", "#134e4a"),
    "atrous": ("#ccfbf1", "#0d9488", "#134e4a"),
    "nor_conv": ("#ede9fe", "#7c3aed", "#4c1d95"),
    "conv": ("#ede9fe", "#7c3aed", "#4c1d95"),
    "tanh": ("#dbeafe", "#2563eb", "#1e3a8a"),
    "sigmoid": ("#ccfbf1", "#0d9488", "#134e4a"),
    "relu": ("#ffedd5", "#ea580c", "#7c2d12"),
    "max_pool": ("#fee2e2", "#dc2626", "#7f1d1d"),
    "avg_pool": ("#ffedd5", "#ea580c", "#7c2d12"),
    "skip": ("#ecfccb", "#65a30d", "#365314"),
    "identity": ("#ecfccb", "#65a30d", "#365314"),
    "none": ("#f3f4f6", "#9ca3af", "#374151"),
}
OTHER = ("#fdf4ff", "#c026d3", "#701a75")
INK = "#1f2937"
QUIET = "#9ca3af"
SANS = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
TITLE_HEIGHT = 30.0


def node_name(node: int, inputs: int = 2) -> str:
    """Name of a node in a drawing: c_{k-2}, c_{k-1} (inputs), 0, 1, ... and c_{k} (output); of one input 0, 1, out."""
    if inputs == 1:
        return "out" if node == OUTPUT else str(node)
    return {0: "c_{k-2}", 1: "c_{k-1}", OUTPUT: "c_{k}"}.get(node, str(node - 2))


def family_colours(primitive: str) -> tuple[str, str, str]:
    """Fill, stroke and text colour of a primitive's family, as #rrggbb."""
    return next((c for prefix, c in FAMILIES.items() if primitive.startswith(prefix)), OTHER)


def cell_svg(cell: Cell, title: str | None = None) -> str:
    """Draw a cell: inputs on the left, the output on the right, one labelled pill per edge.

    Args:
        cell: any cell, of two inputs or one; a node may have any number of incoming edges, also none.
        title: a line above the drawing, such as "normal cell".

    Returns:
        A complete SVG document as text (ASCII).
    """
    plan, inputs = layout.place_cell(cell), cell.num_inputs
    shift = TITLE_HEIGHT if title else 0.0
    parts = [_head(plan, shift, title)]
    parts += [_line(line, inputs) for line in plan.lines if line.edge is None]
    parts += [_line(line, inputs) for line in plan.lines if line.edge is not None]
    spots = {spot.node: spot for spot in plan.spots}
    parts += [_pill(pill, spots[pill.edge.node]) for pill in plan.pills]
    parts += [_node(spot, inputs) for spot in plan.spots]
    return adaptive("\n".join([*parts, "</g>", "</svg>", ""]))


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _head(plan: Layout, shift: float, title: str | None) -> str:
    width, height = _number(plan.width), _number(plan.height + shift)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(title or "cell")}>',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    if title:
        lines.append(
            f'<text x="{_number(layout.MARGIN)}" y="27" font-family="{SANS}" font-size="15" '
            f'font-weight="bold" fill="{INK}">{escape(title)}</text>'
        )
    lines.append(f'<g transform="translate(0 {_number(shift)})">')
    return "\n".join(lines)


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """Straight inside columns, a smooth bend between them."""
    text = f"M{_number(points[0][0])} {_number(points[0][1])}"
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(points, points[1:], strict=False)):
        if i % 2:
            text += f" L{_number(x1)} {_number(y1)}"
        else:
            middle = _number((x0 + x1) / 2)
            text += f" C{middle} {_number(y0)} {middle} {_number(y1)} {_number(x1)} {_number(y1)}"
    return text


def _line(line: Line, inputs: int) -> str:
    if line.edge is None:
        name = f"{node_name(line.source, inputs)} -> {node_name(OUTPUT, inputs)}"
        style = f'stroke="{QUIET}" stroke-width="1.4" stroke-dasharray="5 4"'
    else:
        name = f"{node_name(line.source, inputs)} -> {node_name(line.edge.node, inputs)}: {line.edge.primitive}"
        style = f'stroke="{family_colours(line.edge.primitive)[1]}" stroke-width="1.7"'
    kind = "concat" if line.edge is None else "edge"
    return f'<path class="{kind}" d="{_path(line.points)}" fill="none" {style}><title>{escape(name)}</title></path>'


def _pill(pill: Pill, target: Spot) -> str:
    fill, stroke, ink = family_colours(pill.edge.primitive)
    x, right, middle = pill.x, pill.x + pill.width, pill.x + pill.width / 2
    tip = target.x - NODE_RADIUS
    joint = _path(((right, pill.y), (tip, target.y)))
    return "\n".join(
        [
            f'<path d="{joint}" fill="none" stroke="{stroke}" stroke-width="1.7"/>',
            f'<rect x="{_number(x)}" y="{_number(pill.y - PILL_HEIGHT / 2)}" '
            f'width="{_number(pill.width)}" height="{_number(PILL_HEIGHT)}" rx="6" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="1.2"/>',
            f'<text class="primitive" x="{_number(middle)}" y="{_number(pill.y + 4.2)}" '
            f'text-anchor="middle" font-family="{MONO}" font-size="12" fill="{ink}">'
            f"{escape(pill.edge.primitive)}</text>",
        ]
    )


def _node(spot: Spot, inputs: int) -> str:
    name = node_name(spot.node, inputs)
    x, y = _number(spot.x), _number(spot.y)
    if spot.node < inputs:  # the output too
        half = layout.INPUT_HALF_WIDTH
        shape = (
            f'<rect x="{_number(spot.x - half)}" y="{_number(spot.y - 17)}" '
            f'width="{_number(2 * half)}" height="34" rx="8" fill="#374151"/>'
        )
        letter, below = name.rstrip("}").split("_{") if "_" in name else (name, "")
        small = f'<tspan dy="4" font-size="10.5">{below}</tspan>' if below else ""
        label, ink = letter + small, "#ffffff"
    else:
        radius = _number(NODE_RADIUS)
        shape = f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#fef9c3" stroke="{INK}"/>'
        label, ink = name, INK
    return (
        f'<g class="node"><title>{name}</title>{shape}'
        f'<text x="{x}" y="{_number(spot.y + 5)}" text-anchor="middle" font-family="{SANS}" '
        f'font-size="15" font-weight="bold" fill="{ink}">{label}</text></g>'
    )
