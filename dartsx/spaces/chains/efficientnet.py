"""EfficientNet's compound scaling (arXiv:1905.11946, section 3.3): depth, width and resolution for twice the work.

| decision | options |
|---|---|
| alpha (depth), beta (width), gamma (resolution) | 1, 1.05, ..., 1.4, so that alpha beta^2 gamma^2 is 2 within 5% |

The grid search of the paper's first step runs over them with phi = 1; alpha = 1.2, beta = 1.1, gamma = 1.15 is the
member that it found (1.92). `scaled_by` scales by any phi with it; the factors of the released B1 to B7 are rounded
(`networks.efficientnet`).
"""

from __future__ import annotations

from collections.abc import Mapping

from dartsx.networks import Decision, Network
from dartsx.networks.efficientnet import Scaling, scaled
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


def scaled_by(choices: Mapping[str, str], scale: Scale, phi: float = 1.0) -> Network:
    """The baseline, B0, in depth alpha^phi, width beta^phi and resolution gamma^phi."""
    alpha, beta, gamma = (float(choices[name]) ** phi for name in ("alpha", "beta", "gamma"))
    scaling = Scaling(beta, alpha, round(scale.pixels * gamma), 0.2)
    return scaled("efficientnet", scaling, scale.classes)


efficientnet = WrittenSpace(
    {name: Decision(GRID) for name in ("alpha", "beta", "gamma")}, scaled_by, IMAGENET, Restriction(broken)
)
