"""Light and dark: pictures follow the page, and all words can be read on both."""

import re
from xml.etree import ElementTree

import pytest

from dartsx.report.colours import adaptive, contrast, dark
from dartsx.report.svg import FAMILIES, INK, OTHER, cell_svg
from dartsx.report.templates import templates
from dartsx.spaces import published

READABLE = 4.5  # WCAG 2.2, 1.4.3, level AA


@pytest.fixture(scope="module")
def variables():
    """Colours of the pages by name, in light and in dark."""
    css = templates().get_template("style.css.j2").render()
    light, after = css.split("@media screen and (prefers-color-scheme: dark)", 1)
    blocks = light, after[: after.index("}")]
    return tuple(dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in blocks)


def test_contrast_equals_wcags_own_examples():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_words_can_be_read_on_every_ground_in_light_and_dark(variables):
    assert set(variables[0]) == set(variables[1])
    for colours in variables:
        for ground in ("page", "paper", "raised"):
            for words in ("ink", "quiet", "accent", "good", "bad"):
                assert contrast(colours[words], colours[ground]) >= READABLE, (words, ground)


def test_a_picture_lies_on_the_paper_of_its_page(variables):
    assert variables[0]["paper"] == "#ffffff" and variables[1]["paper"] == dark("#ffffff")


def test_names_of_primitives_can_be_read_in_light_and_dark():
    for fill, _, ink in [*FAMILIES.values(), OTHER, ("#ffffff", "", INK)]:
        assert contrast(fill, ink) >= READABLE and contrast(dark(fill), dark(ink)) >= READABLE


def test_every_colour_of_a_picture_has_its_counterpart_and_hues_stay():
    root = ElementTree.fromstring(cell_svg(published("DARTS_V2").normal, "cell"))
    used = {value for element in root.iter() for name in ("fill", "stroke") if "#" in (value := element.get(name, ""))}
    (style,) = [element.text for element in root.iter() if element.tag.endswith("style")]
    assert used == set(re.findall(r'\[\w+="(#\w+)"\]', style))
    assert style.startswith("@media screen and (prefers-color-scheme: dark)")
    red = dark("#dc2626")
    assert int(red[1:3], 16) > 2 * int(red[3:5], 16)
    assert "fill:#ffffff" in adaptive('<svg xmlns="http://www.w3.org/2000/svg"><path fill="#000000"/></svg>')
