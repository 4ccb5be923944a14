"""From AnyNetX to RegNetX: a space designed by restrictions, each of which keeps the good networks (arXiv:2003.13678).

| space | decisions | by the paper | exact |
|---|---|---|---|
| anynetx_a | depth to 16, width to 1024, bottleneck 1, 2, 4, group 1 to 32 of each of 4 stages | 1.8e18 | 1.8e18 |
| anynetx_b | one bottleneck ratio | 6.8e16 | 6.8e16 |
| anynetx_c | one group width | 3.2e14 | 3.2e14 |
| anynetx_d | widths do not fall | 1.3e13 | 1.4e13 |
| anynetx_e | depths do not fall | 5.5e11 | 8.2e11 |
| regnetx | depth, w_0, w_a, w_m of the width rule, bottleneck, group | 3.0e8 | 3.0e8 |

The paper divides by 4! where four numbers may not fall, which leaves equal ones out: exactly there are binomials,
n + 3 over 4. Widths are multiples of 8 and are adjusted to groups as in the authors' code. The paper prints 64 options
for each number of RegNetX; the steps of these are chosen here, so that the released networks lie between them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

import numpy as np

from dartsx.networks import Decision, Network
from dartsx.networks.blocks.conv import Classifier
from dartsx.networks.blocks.residual import Bottleneck
from dartsx.networks.description import repeated
from dartsx.networks.open.size import each
from dartsx.networks.regnet import STEM, Parameters, stages
from dartsx.spaces.chains.backbone import IMAGENET, stem
from dartsx.spaces.scale import Scale
from dartsx.spaces.written_space import Restriction, WrittenSpace

STAGES = tuple(f"stage{i}" for i in range(1, 5))
DEPTHS, WIDTHS = tuple(range(1, 17)), tuple(range(8, 1025, 8))
RATIOS, GROUPS = ("1", "2", "4"), ("1", "2", "4", "8", "16", "32")
SOURCE = "arXiv:2003.13678, section 3"
Row = tuple[int, int, int, int]  # depth, width, bottleneck ratio, group


def body(name: str, rows: list[Row], scale: Scale) -> Network:
    """The network of stages of residual bottlenecks, each of which halves the map (for small images not the first)."""
    made = []
    for i, (depth, *sizes) in enumerate(rows):
        stride = 1 if i == 0 and scale.stem == "cifar" else 2
        made.append(repeated(functools.partial(block, *sizes), stride, depth))
    return Network(name, (stem(STEM, "relu", scale),), tuple(made), (Classifier(scale.classes),), SOURCE, scale.pixels)


def block(width: int, ratio: int, group: int, stride: int) -> Bottleneck:
    """A residual bottleneck, of numbers that may be open; its widths are multiples of the group, which fits into it."""
    inner = each(max, 1, width // ratio)
    group = each(min, group, inner)
    inner = each(max, group, round(inner / group) * group)
    return Bottleneck(inner * ratio, inner, stride, inner // group)


def anynet(letter: str, shared: tuple[str, ...], rising: tuple[str, ...]) -> WrittenSpace:
    """An AnyNetX.

    Args:
      letter: last letter of its name.
      shared: "ratio", "group" or both: one decision for all stages.
      rising: "width", "depth" or both: no stage has less than the one before.
    """
    options = {"depth": DEPTHS, "width": WIDTHS, "ratio": RATIOS, "group": GROUPS}
    decisions = {
        name if name in shared else f"{stage}/{name}": Decision(tuple(map(str, labels)))
        for name, labels in options.items()
        for stage in STAGES
    }

    def write(choices: Mapping[str, str], scale: Scale) -> Network:
        rows = [tuple(int(choices.get(name) or choices[f"{at}/{name}"]) for name in options) for at in STAGES]
        return body(f"anynetx_{letter}", rows, scale)

    if not rising:
        return WrittenSpace(decisions, write, IMAGENET)
    sizes = {name: options[name] for name in rising}
    others = {name: decision for name, decision in decisions.items() if name.partition("/")[2] not in rising}
    return WrittenSpace(decisions, write, IMAGENET, not_falling(STAGES, sizes, others))


def not_falling(
    stages: tuple[str, ...], sizes: Mapping[str, tuple[int, ...]], others: Mapping[str, Decision]
) -> Restriction:
    """The numbers of these names do not fall from stage to stage.

    Args:
      stages: names of the stages.
      sizes: name -> options, rising; the decision of a stage is ``stage/name``.
      others: all other decisions, which always count.
    """

    def broken(choices: Mapping[str, str]) -> str:
        for name in sizes:
            found = [int(choices[f"{stage}/{name}"]) for stage in stages]
            if sorted(found) != found:
                return f"{name}s of the stages must not fall: {', '.join(map(str, found))}"
        return ""

    def count() -> int:
        free = math.prod(len(decision.options) for decision in others.values())
        return free * math.prod(math.comb(len(options) + len(stages) - 1, len(stages)) for options in sizes.values())

    def draw(rng: np.random.Generator) -> dict[str, str]:
        chosen = {name: decision.options[rng.integers(len(decision.options))] for name, decision in others.items()}
        for name, options in sizes.items():
            drawn = _multiset(options, len(stages), rng)
            chosen |= {f"{at}/{name}": str(size) for at, size in zip(stages, drawn, strict=True)}
        return chosen

    return Restriction(broken, count, draw)


def _multiset(options: tuple[int, ...], count: int, rng: np.random.Generator) -> list[int]:
    """So many numbers, none below the one before, uniformly: subsets of a longer range, pushed together."""
    places = sorted(rng.choice(len(options) + count - 1, count, replace=False))
    return [options[place - i] for i, place in enumerate(places)]


# 64 options each: depth; w_0; w_a; w_m.
NUMBERS: dict[str, tuple[str, ...]] = {
    "depth": tuple(str(i) for i in range(1, 65)),
    "w_0": tuple(str(8 * i) for i in range(1, 65)),
    "w_a": tuple(str(4 * i) for i in range(1, 65)),
    "w_m": tuple(f"{1.5 + 1.5 * i / 63:.3f}" for i in range(64)),
}


def rule(choices: Mapping[str, str], scale: Scale) -> Network:
    """The network of the width rule."""
    ratio, group = int(choices["ratio"]), int(choices["group"])
    numbers = Parameters(int(choices["depth"]), int(choices["w_0"]), float(choices["w_a"]), float(choices["w_m"]), 1)
    return body("regnetx", [(stage.depth, stage.width, ratio, group) for stage in stages(numbers)], scale)


anynetx_a = anynet("a", (), ())
anynetx_b = anynet("b", ("ratio",), ())
anynetx_c = anynet("c", ("ratio", "group"), ())
anynetx_d = anynet("d", ("ratio", "group"), ("width",))
anynetx_e = anynet("e", ("ratio", "group"), ("width", "depth"))
regnetx = WrittenSpace(
    {name: Decision(options) for name, options in {**NUMBERS, "ratio": RATIOS, "group": GROUPS}.items()}, rule, IMAGENET
)
