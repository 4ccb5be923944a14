"""NASNet's cell in its original form: five blocks of two operations, and all that it takes to connect cells."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from dartsx.networks.blocks.conv import FactorizedReduction
from dartsx.networks.blocks.operations import OPERATIONS, Filters
from dartsx.networks.errors import check_choice
from dartsx.networks.open.size import same
from dartsx.networks.trace import Trace, Value

COMBINATIONS = ("add", "concat")


class Pair(NamedTuple):
    """A block of a cell: two operations, each on one hidden state, summed or (``combine`` concat) concatenated."""

    left: str
    left_state: int
    right: str
    right_state: int
    combine: str = "add"


@dataclasses.dataclass(frozen=True)
class Design:
    """What a search found: the blocks, and the hidden states whose concatenation is the cell's result.

    State 0 is the last cell's result after a 1x1 convolution, state 1 the adjusted result of the one before it, states
    2, 3, ... are the blocks (the numbering of the released code; in the DARTS form 0 and 1 are exchanged).
    """

    blocks: tuple[Pair, ...]
    concat: tuple[int, ...]

    def __post_init__(self):
        for i, block in enumerate(self.blocks):
            check_choice("combination", block.combine, COMBINATIONS)
            for operation, state in (block[:2], block[2:4]):
                check_choice("operation", operation, OPERATIONS)
                check_choice(f"state read by block {i}", state, range(i + 2))
        for state in self.concat:
            check_choice("concatenated state", state, range(len(self.blocks) + 2))


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of F filters: [H, W, C] and [H', W', C'] -> [H / stride, W / stride, F * concatenated states].

    The last result passes relu, 1x1 convolution, norm. The one before is *adjusted*: where its map is larger a
    factorised reduction (relu, two 1x1 convolutions of stride 2 on even and odd pixels, norm), where only its width
    differs relu, 1x1 convolution, norm. In a network's first cell both are the same value, and the second stays as it
    is. A concatenated state of another size or width passes the same reduction without relu. Operations on states 0
    and 1 have the cell's stride. Source: arXiv:1707.07012, section 3 and appendix A.2, and its release
    (tensorflow/models, research/slim/nets/nasnet).

    Attributes:
      design: blocks and concatenation.
      features: F.
      stride: 2 in a reduction cell.
      back: which result is the second input: 2 for the one before the last.
      epsilon: epsilon of the batch norms.
    """

    design: Design
    features: int
    stride: int = 1
    back: int = 2
    epsilon: float = 1e-3

    def build(self, trace: Trace, x: Value) -> Value:
        """Writes the cell down; x is the last result.

        Raises:
          ValueError: inside an option of a choice, where there are no earlier results.
        """
        if trace.results is None:
            raise ValueError("a cell that reads earlier results cannot be an option of a choice")
        filters, current = Filters(trace, self.features, self.epsilon), x
        previous = trace.results[-self.back] if len(trace.results) >= self.back else None
        states = [filters.conv(current, self.features, 1, 1, "begin"), self._adjusted(filters, previous, current)]
        for i, block in enumerate(self.design.blocks):
            with trace.scope(f"pair{i}"):
                sides = (self._side(filters, states, block, side) for side in ("left", "right"))
                states.append((trace.concat if block.combine == "concat" else trace.sum)(*sides))
        return trace.concat(*(self._fitted(filters, states, state) for state in self.design.concat))

    def _side(self, filters: Filters, states: list[Value], block: Pair, side: str) -> Value:
        state = getattr(block, f"{side}_state")
        with filters.trace.scope(side):
            stride = self.stride if state < 2 else 1
            return OPERATIONS[getattr(block, side)].apply(filters, states[state], stride)

    def _adjusted(self, filters: Filters, previous: Value | None, current: Value) -> Value:
        trace = filters.trace
        if previous is None:
            return current
        if previous.shape[:2] != current.shape[:2]:
            with trace.scope("adjust"):
                return self._reduced(trace, trace.act(previous, "relu"))
        if not same(previous.channels, self.features):
            return filters.conv(previous, self.features, 1, 1, "adjust")
        return previous

    def _fitted(self, filters: Filters, states: list[Value], state: int) -> Value:
        x, last, trace = states[state], states[-1], filters.trace
        if (*x.shape[:2], self.features) == (*last.shape[:2], x.channels):
            return x
        with trace.scope(f"reduce_state{state}"):
            if x.shape[:2] != last.shape[:2]:
                return self._reduced(trace, x)
            return filters.norm(trace.conv(x, self.features, 1, name="1x1"), "1x1")

    def _reduced(self, trace: Trace, x: Value) -> Value:
        return trace.block(FactorizedReduction(self.features, self.epsilon), x)
