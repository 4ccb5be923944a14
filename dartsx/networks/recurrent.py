"""A language model of one recurrent cell, as layers: embedding, recurrence, and a decoder that shares the embedding.

DARTS on Penn Treebank (arXiv:1806.09055, section 3.2): embedding and state of 850, eight nodes, 10,000 words:
22,960,000 parameters.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from dartsx.networks.description import Network
from dartsx.networks.layers import Shape, SingleLayer, Weight

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")  # of the nodes
SOURCE = "DARTS (arXiv:1806.09055), section 3.2 and its released code"


@dataclasses.dataclass(frozen=True)
class Embedding(SingleLayer):
    """A vector for each of `words` words. Weights: ``table`` [words, features]."""

    words: int
    features: int

    def output(self, x: Shape) -> Shape:
        """(steps, features)."""
        return (x[0], self.features)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The table."""
        return {"table": Weight((self.words, self.features), self.features)}

    def macs(self, x: Shape) -> int:
        """0: a look-up."""
        return 0


@dataclasses.dataclass(frozen=True)
class Recurrence(SingleLayer):
    """A recurrent cell over all steps. Weights: ``first`` [2 C, 2 C] and ``nodes`` [nodes, C, 2 C].

    Attributes:
      edges: (activation, source, node), as in `dartsx.spaces.RecurrentCell`.
      concat: the nodes whose mean is the output.
    """

    edges: tuple[tuple[str, int, int], ...]
    concat: tuple[int, ...]

    def output(self, x: Shape) -> Shape:
        """(steps, C)."""
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The product that makes the first node, of input and state side by side, and those of the other nodes."""
        width = x[-1]
        first, nodes = (2 * width, 2 * width), (len(self.edges), width, 2 * width)
        return {"first": Weight(first, 2 * width), "nodes": Weight(nodes, width)}

    def macs(self, x: Shape) -> int:
        """steps (4 C^2 + nodes 2 C^2)."""
        steps, width = x
        return steps * (4 + 2 * len(self.edges)) * width**2


@dataclasses.dataclass(frozen=True)
class TiedDecoder(SingleLayer):
    """Logits by the transposed table of the embedding (arXiv:1608.05859). Weights: ``bias`` [words]."""

    words: int

    def output(self, x: Shape) -> Shape:
        """(steps, words)."""
        return (x[0], self.words)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The bias; the table is the embedding's."""
        return {"bias": Weight((self.words,), 0)}

    def macs(self, x: Shape) -> int:
        """steps C words."""
        steps, width = x
        return steps * width * self.words


def language_model(edges: tuple[Any, ...], concat: tuple[int, ...], scale: Any) -> Network:
    """The network of a recurrent cell: one cell between embedding and decoder.

    Args:
      edges: see `Recurrence`.
      concat: see `Recurrence`.
      scale: its `channels`, `classes` (words) and `image_size` (steps) count, no other number.
    """
    stem, cell = (Embedding(scale.classes, scale.channels),), (Recurrence(tuple(map(tuple, edges)), concat),)
    steps = scale.image_size or 35
    return Network("recurrent", stem, (cell,), (TiedDecoder(scale.classes),), SOURCE, steps, reads="words")
