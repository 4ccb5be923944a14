"""How a window moves over a map, in the terms of formats that know fewer kinds of padding."""

from __future__ import annotations

from dartsx.networks.step import Step
from dartsx.networks.windows import Pair


def even_padding(step: Step) -> Pair | None:
    """Rows and columns of padding on both sides, where these are equal and nothing reaches over the end; else None."""
    layer = step.layer
    sides = layer.pads(step.input_shapes[0][:2])
    even = all(before == after >= 0 for before, after in sides) and not getattr(layer, "ceil", False)
    return tuple(before for before, _ in sides) if even else None


def exact_padding(step: Step, reach: Pair) -> tuple[Pair, Pair]:
    """Pixels before and after, for rows and columns, that windows of this reach read; negative ones are cut off."""
    layer, size, out = step.layer, step.input_shapes[0][:2], step.shape[:2]
    before = [side[0] for side in layer.pads(size)]
    needed = [(n - 1) * s + r for n, s, r in zip(out, layer.stride, reach, strict=True)]
    return tuple((b, total - b - n) for b, total, n in zip(before, needed, size, strict=True))
