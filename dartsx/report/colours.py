"""Colours in light and in dark: one rule that turns each colour of a picture into its counterpart on a dark page.

A picture is made in light colours, as attributes ``fill`` and ``stroke``. A style sheet inside it replaces them where
the reader prefers dark; programs that know no style sheets show it as it is, and so does paper.
"""

from __future__ import annotations

import re

DARK = "@media screen and (prefers-color-scheme: dark)"
# Lightness of what is white in light, and how much lightness a colour gains for what it lacks.
_BLACK, _SLOPE = 0.22, 0.98
_ATTRIBUTE = re.compile(r'\b(fill|stroke)="(#[0-9a-f]{6})"')
# OKLab by Bjorn Ottosson (bottosson.github.io/posts/oklab): linear sRGB -> cones, and cube roots of these -> Lab.
_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_FROM_LAB = ((1, 0.3963377774, 0.2158037573), (1, -0.1055613458, -0.0638541728), (1, -0.0894841775, -1.2914855480))
_FROM_CONES = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def dark(colour: str) -> str:
    """The counterpart of a colour ``#rrggbb`` on a dark page: light where it is dark, of the same hue.

    Of chroma it keeps what sRGB can show at its new lightness.
    """
    linear = [_to_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5)]
    light, a, b = _times(_LAB, [part ** (1 / 3) for part in _times(_CONES, linear)])
    light = min(_BLACK + _SLOPE * (1 - light), 1.0)
    for tenths in range(10, -1, -1):
        cones = [part**3 for part in _times(_FROM_LAB, (light, a * tenths / 10, b * tenths / 10))]
        found = _times(_FROM_CONES, cones)
        if all(-1e-4 <= part <= 1 + 1e-4 for part in found):
            break
    return "#" + "".join(f"{round(255 * _from_linear(min(max(part, 0.0), 1.0))):02x}" for part in found)


def adaptive(svg: str) -> str:
    """An SVG whose colours follow the reader's preference: with a style sheet as its first element."""
    used = sorted(set(_ATTRIBUTE.findall(svg)))
    rules = "".join(f'[{name}="{colour}"]{{{name}:{dark(colour)}}}' for name, colour in used)
    end = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:end]}<style>{DARK}{{{rules}}}</style>{svg[end:]}"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours ``#rrggbb`` by WCAG 2.2, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_to_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _times(matrix, vector):
    return [sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix]


def _to_linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _from_linear(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
