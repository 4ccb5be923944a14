"""The drawing of a feature pyramid: what is read, what is added, and where it stands."""

import re
from xml.etree import ElementTree

from dartsx.networks.detectors import nas_fpn
from dartsx.report.drawings import drawings
from dartsx.report.pyramid_svg import nodes_of, pyramid_svg
from dartsx.spaces import resolve_genotype


def test_the_published_pyramid():
    nodes = nodes_of(nas_fpn())
    assert [node.level for node in nodes] == [3, 4, 5, 6, 7, 4, 4, 3, 4, 5, 7, 6]
    assert {node.number: node.adds for node in nodes if node.adds} == {9: (2,), 10: (4,)}
    svg = pyramid_svg(nas_fpn(), "NAS-FPN")
    assert svg == pyramid_svg(nas_fpn(), "NAS-FPN") and svg.isascii()
    tree = ElementTree.fromstring(svg)
    groups = [g for g in tree.iter() if g.tag.endswith("}g")]
    assert len(groups) == 12
    paths = [path for path in tree.iter() if path.tag.endswith("}path")]
    assert len(paths) == 7 * 2 + 2 and sum("stroke-dasharray" in path.attrib for path in paths) == 2
    assert "9: attention, level 5, of 7 and 8; adds 2" in svg
    assert len(re.findall('stroke-width="3"', svg)) == 5


def test_reports_draw_the_pyramid_of_an_architecture():
    arch, _ = resolve_genotype("nas_fpn:NAS-FPN")
    found = drawings(arch, {"space": {"name": "nas_fpn"}})
    assert found == {"pyramid": pyramid_svg(nas_fpn(), "Pyramid of nas_fpn")}
