"""How NASNet, AmoebaNet and PNASNet stack their cells: one plan of stems, N normal cells per stage, reductions."""

from __future__ import annotations

import dataclasses

from dartsx.catalog import STEMS
from dartsx.networks.blocks.cell import Cell, Design
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.layers import Activation


@dataclasses.dataclass(frozen=True)
class Plan:
    """A stack of cells.

    Attributes:
      normal, reduce: the two cells.
      filters: F of the first stage; every reduction doubles it.
      stage: N, normal cells of one of the three stages.
      stem_filters: filters of the first 3x3 convolution.
      stem: ``"imagenet"``: that convolution strides, and two reduction cells of F / 4 and F / 2 filters follow;
        ``"cifar"``: neither.
      separate_reductions: reduction cells stand between the stages (NASNet, AmoebaNet), or the first cell of a stage
        reduces (PNASNet).
      skip_reduction_input: the cell after a reduction cell takes as second input what that cell took as its.
      epsilon: epsilon of the batch norms.
      dropout: before the classifier.
    """

    normal: Design
    reduce: Design
    filters: int
    stage: int
    stem_filters: int
    stem: str = "imagenet"
    separate_reductions: bool = True
    skip_reduction_input: bool = False
    epsilon: float = 1e-3
    dropout: float = 0.5


def stack(name: str, plan: Plan, classes: int, source: str, image_size: int) -> Network:
    """The network of a plan.

    Raises:
      ValueError: unknown stem, or N or F too small.
    """
    check_choice("stem", plan.stem, STEMS)
    check_positive("number of normal cells per stage", plan.stage)
    check_positive("filters of the first stem cell" if plan.stem == "imagenet" else "filters", _first(plan))
    return Network(
        name,
        _stem(plan),
        tuple(_stage(plan, i) for i in range(3)),
        (Activation("relu"), Classifier(classes, plan.dropout)),
        source,
        image_size,
    )


def _first(plan: Plan) -> int:
    return plan.filters // 4 if plan.stem == "imagenet" else plan.filters


def _stem(plan: Plan):
    if plan.stem == "cifar":
        return (ConvNorm(plan.stem_filters, 3, act=None, epsilon=plan.epsilon),)
    conv = ConvNorm(plan.stem_filters, 3, 2, act=None, padding=0, epsilon=plan.epsilon)
    return (conv, *(Cell(plan.reduce, plan.filters // share, 2, epsilon=plan.epsilon) for share in (4, 2)))


def _stage(plan: Plan, i: int) -> tuple[Cell, ...]:
    filters = plan.filters * 2**i
    normal = Cell(plan.normal, filters, epsilon=plan.epsilon)
    if i == 0:
        return (normal,) * plan.stage
    reduce = Cell(plan.reduce, filters, 2, epsilon=plan.epsilon)
    if not plan.separate_reductions:
        return (reduce, *[normal] * (plan.stage - 1))
    after = dataclasses.replace(normal, back=3) if plan.skip_reduction_input else normal
    return (reduce, after, *[normal] * (plan.stage - 1))
