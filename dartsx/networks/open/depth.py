"""How often a block is repeated."""

from __future__ import annotations

import dataclasses

from dartsx.networks.blocks.chain import Chain
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.rules import Argmax
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class Depth:
    """Leaves open how many of these blocks stand here, one after the other, from the first.

    Attributes:
      name: the decision.
      options: numbers of blocks in rising order; 0 is the identity.
      blocks: the blocks in order; where there are fewer than the largest option, the last one is repeated. Repeated
        open blocks share their decisions; for decisions of its own give every repetition a block with other names.

    Open, the result is the sum over d of m[name, d] * (the value behind d blocks), so all these values must have one
    shape. Raises ValueError for options or blocks that are none.

    Example: ``Depth("d2", (1, 2, 3), (MBConv(24), MBConv(24)))``.
    """

    name: str
    options: tuple[int, ...]
    blocks: tuple[Block, ...]

    def __post_init__(self):
        options = tuple(self.options)
        if not options or not all(type(n) is int and n >= 0 for n in options) or list(options) != sorted(set(options)):
            raise ValueError(f"options of depth {self.name} must be whole numbers in rising order, got {options}")
        if not self.blocks:
            raise ValueError(f"depth {self.name} repeats no block")
        missing = max(0, options[-1] - len(self.blocks))
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "blocks", (*self.blocks, *self.blocks[-1:] * missing)[: options[-1]])

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the options, in order."""
        return tuple(map(str, self.options))

    def build(self, trace: Trace, x: Value) -> Value:
        """All blocks, of which the later ones exist under the larger options only, and the sum of their results."""
        trace.decide(self.name, self.labels, Argmax(self.name, self.labels, (self.labels,)))
        values = [x]
        for i, block in enumerate(self.blocks):
            deep = tuple(str(n) for n in self.options if n > i)
            place = trace.place if len(deep) == len(self.options) else trace.where(self.name, *deep)
            with trace.at(place):
                values.append(trace.block(block, values[-1], f"block{i}"))
        places = tuple(trace.where(self.name, label) for label in self.labels)
        return trace.add(Weighted(places, trace.place), *(values[n] for n in self.options))

    def close(self, choices: Choices) -> Block:
        """So many blocks."""
        return Chain(self.blocks[: int(chosen(choices, self.name, self.labels))])
