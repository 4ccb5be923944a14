"""Drawings of cells: well-formed, complete, fixed, and without overlaps."""

import itertools
from xml.etree import ElementTree

import pytest

from dartsx.report import cell_svg
from dartsx.report.column_order import NODE_RADIUS, OUTPUT, PILL_HEIGHT
from dartsx.report.layout import place_cell
from dartsx.report.svg import family_colours, node_name
from dartsx.spaces import CELL_TYPES, PRIMITIVES, Cell, Edge, published, published_names

SVG = "{http://www.w3.org/2000/svg}"
CELLS = [(name, cell_type) for name in published_names() for cell_type in CELL_TYPES]


@pytest.fixture(params=CELLS, ids="-".join)
def cell(request):
    name, cell_type = request.param
    return published(name).cell(cell_type)


def titles(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}title")]


def test_drawing_is_well_formed_and_names_every_node(cell):
    found = titles(cell_svg(cell, "a < b & c"))
    for node in (0, 1, *cell.nodes, OUTPUT):
        assert found.count(node_name(node)) == 1


def test_every_edge_has_a_line_and_a_label_of_its_own(cell):
    svg = cell_svg(cell)
    found = titles(svg)
    for edge in set(cell.edges):
        line = f"{node_name(edge.source)} -> {node_name(edge.node)}: {edge.primitive}"
        assert found.count(line) == cell.edges.count(edge)
    texts = ElementTree.fromstring(svg).iter(f"{SVG}text")
    labels = sorted(text.text for text in texts if text.get("class") == "primitive")
    assert labels == sorted(edge.primitive for edge in cell.edges)
    for node in cell.concat:
        assert found.count(f"{node_name(node)} -> c_{{k}}") == 1


def boxes(plan):
    """Left, top, right, bottom of all pills and nodes."""
    half = PILL_HEIGHT / 2
    for pill in plan.pills:
        yield pill.x, pill.y - half, pill.x + pill.width, pill.y + half
    for spot in plan.spots:
        r = NODE_RADIUS
        yield spot.x - r, spot.y - r, spot.x + r, spot.y + r


def test_nothing_overlaps_and_all_lies_inside(cell):
    plan = place_cell(cell)
    for a, b in itertools.combinations(boxes(plan), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for left, top, right, bottom in boxes(plan):
        assert left > 0 and top > 0 and right < plan.width and bottom < plan.height


def test_lines_that_pass_a_column_run_clear_of_labels(cell):
    plan = place_cell(cell)
    for line in plan.lines:
        lanes = line.points[1:-1]
        for (x0, y), (x1, _) in zip(lanes[::2], lanes[1::2], strict=True):
            for left, top, right, bottom in boxes(plan):
                assert right <= x0 or x1 <= left or not top < y < bottom


def test_same_cell_gives_the_same_text(cell):
    assert cell_svg(cell, "t") == cell_svg(Cell(cell.edges, cell.concat), "t")


def test_text_is_ascii_and_has_no_ids_that_could_clash_on_a_page(cell):
    svg = cell_svg(cell, "normal cell")
    assert svg.isascii()
    assert not any(element.get("id") for element in ElementTree.fromstring(svg).iter())


def test_node_without_edges_and_node_outside_concat_are_drawn():
    cell = Cell((Edge("sep_conv_3x3", 0, 3),), concat=(2,))
    found = titles(cell_svg(cell))
    assert "0" in found and "1" in found
    assert "0 -> c_{k}" in found and "1 -> c_{k}" not in found


def test_families_of_primitives_have_colours_of_their_own():
    colours = {name: family_colours(name) for name in PRIMITIVES}
    assert colours["sep_conv_3x3"] == colours["sep_conv_7x7"]
    kinds = ("sep_conv_3x3", "dil_conv_3x3", "max_pool_3x3", "avg_pool_3x3", "skip_connect")
    assert len({colours[name] for name in kinds}) == len(kinds)
