"""EfficientNet's compound scaling (arXiv:1905.11946, section 3.3): depth, width and resolution for twice the work.

| decision | options |
|---|---|
| alpha (depth), beta (width), gamma (resolution) | 1, 1.05, ..., 1.4, so that alpha beta^2 gamma^2 is 2 within 5% |

The grid search of the paper's first step runs over them with phi = 1; alpha = 1.2, beta = 1.1, gamma = 1.15 is the
member that it found (1.92). `scaled_by` scales by any phi with it; the factors of the released B1 to B7 are rounded
(`networks.efficientnet`).

`efficientnet_digits` is the same grid over a baseline of five blocks for images of 12 pixels, where rounding makes one
network of several triples. ``dartsx design`` with it is the search itself: all are trained and ranked.
"""

from __future__ import annotations

from collections.abc import Mapping

from dartsx.networks import Decision, Network
from dartsx.networks.efficientnet import B0, Baseline, Scaling, scaled
from dartsx.spaces.chains.backbone import IMAGENET
from dartsx.spaces.choices import Choices
from dartsx.spaces.scale import Scale
from dartsx.spaces.written_space import Restriction, WrittenSpace

GRID = tuple(f"{1 + 0.05 * i:g}" for i in range(9))
WORK, TOLERANCE = 2.0, 0.05
FOUND = Choices({"alpha": "1.2", "beta": "1.1", "gamma": "1.15"})


def work(choices: Mapping[str, str]) -> float:
    """alpha beta^2 gamma^2: multiply-adds over those of the baseline, but for rounding."""
    alpha, beta, gamma = (float(choices[name]) for name in ("alpha", "beta", "gamma"))
    return alpha * beta**2 * gamma**2


def broken(choices: Mapping[str, str]) -> str:
    """Why the three do not double the work."""
    if abs(work(choices) / WORK - 1) <= TOLERANCE:
        return ""
    return f"alpha beta^2 gamma^2 = {work(choices):.3f} must be {WORK:g} within {TOLERANCE:.0%}"


def scaled_by(choices: Mapping[str, str], scale: Scale, phi: float = 1.0, baseline: Baseline = B0) -> Network:
    """The baseline, B0, in depth alpha^phi, width beta^phi and resolution gamma^phi."""
    alpha, beta, gamma = (float(choices[name]) ** phi for name in ("alpha", "beta", "gamma"))
    scaling = Scaling(beta, alpha, round(scale.pixels * gamma), 0.2 if baseline is B0 else 0.0)
    return scaled("efficientnet", scaling, scale.classes, baseline)


def space(scale: Scale, baseline: Baseline = B0) -> WrittenSpace:
    """The grid over a baseline."""

    def write(choices: Mapping[str, str], scale: Scale) -> Network:
        return scaled_by(choices, scale, baseline=baseline)

    decisions = {name: Decision(GRID) for name in ("alpha", "beta", "gamma")}
    return WrittenSpace(decisions, write, scale, Restriction(broken))


efficientnet = space(IMAGENET)
# A baseline for handwritten digits, whose grid search is a matter of minutes.
DIGITS = Baseline(((1, 3, 8, 1, 1), (4, 3, 12, 2, 2), (4, 3, 20, 2, 2)), 8, 1, 40, 2)
efficientnet_digits = space(Scale(image_size=12), DIGITS)
