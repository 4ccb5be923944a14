"""One of several blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from dartsx.networks.blocks.chain import IDENTITY
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Mixed
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class Choice:
    """Leaves open which block stands here; open, all of them are computed and mixed.

    Attributes:
      name: the decision; the same name elsewhere is the same decision, whatever its blocks are.
      options: label -> block, or None for the identity, which costs no layer (`layers.Zero` makes zeros). All must make
        the same shape; they may be open themselves. Given as a mapping, kept as pairs.

    Example: ``Choice("op1", {"k3": Depthwise(3), "k5": Depthwise(5), "skip": None})``.
    """

    name: str
    options: Mapping[str, Block | None] | tuple[tuple[str, Block | None], ...]

    def __post_init__(self):
        pairs: Iterable = self.options.items() if isinstance(self.options, Mapping) else self.options
        object.__setattr__(self, "options", tuple((label, block) for label, block in pairs))

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the options, in order."""
        return tuple(label for label, _ in self.options)

    def build(self, trace: Trace, x: Value) -> Value:
        """All blocks on the same input, and their mixture."""
        trace.decide(self.name, self.labels)
        token = object()
        branches = tuple(
            trace.branch(self.name, label, IDENTITY if block is None else block, x, token)
            for label, block in self.options
        )
        return trace.add(Mixed(self.name, self.labels, branches), x)

    def close(self, choices: Choices) -> Block:
        """The chosen block."""
        block = dict(self.options)[chosen(choices, self.name, self.labels)]
        return IDENTITY if block is None else block
