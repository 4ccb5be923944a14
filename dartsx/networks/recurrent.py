"""A language model of one recurrent cell, as layers: embedding, recurrence, and a decoder that shares the embedding.

DARTS on Penn Treebank (arXiv:1806.09055, section 3.2): embedding and state of 850, eight nodes, 10,000 words:
22,960,000 parameters.
"""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

from dartsx.networks.description import Network
from dartsx.networks.layers import Shape, SingleLayer, Weight

ACTIVATIONS = ("tanh", "relu", "sigmoid", "identity")  # of the nodes
STEPS = 35  # of a sequence, unless said otherwise


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
      name, source: name of its language model, and where it comes from.
      states: how many arrays a step hands to the next.
    """

    name: ClassVar[str] = "recurrent"
    source: ClassVar[str] = "DARTS (arXiv:1806.09055), section 3.2 and its released code"
    states: ClassVar[int] = 1

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
class LSTM(SingleLayer):
    """Long short-term memory over all steps. Weights: ``kernel`` [2 C, 4 C], rows for input and state; ``bias`` [4 C].

    Columns are the input, forget and output gates and the candidate (arXiv:1409.2329, section 3.1).

    Attributes:
      name, source: name of its language model, and where it comes from.
      states: how many arrays a step hands to the next: output and memory.
    """

    name: ClassVar[str] = "lstm"
    source: ClassVar[str] = "arXiv:1409.2329"
    states: ClassVar[int] = 2

    def output(self, x: Shape) -> Shape:
        """(steps, C)."""
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Kernel and bias."""
        width = x[-1]
        return {"kernel": Weight((2 * width, 4 * width), 2 * width), "bias": Weight((4 * width,), 0)}

    def macs(self, x: Shape) -> int:
        """steps 8 C^2."""
        steps, width = x
        return steps * 8 * width**2


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


def language_model(layer: Recurrence | LSTM, width: int, words: int, steps: int | None = None) -> Network:
    """One recurrent layer between embedding and decoder.

    Args:
      layer: the layer.
      width: channels of embedding and state.
      words: words of the vocabulary.
      steps: words of a sequence, for which the costs are.
    """
    stem, head = (Embedding(words, width),), (TiedDecoder(words),)
    return Network(layer.name, stem, ((layer,),), head, layer.source, steps or STEPS, reads="words")


def lstm_width(params: int, words: int) -> int:
    """Channels of the LSTM whose language model of so many words is nearest to this many parameters, at least 1.

    It has 8 C^2 + 4 C in the layer and words (C + 1) in embedding and decoder.
    """
    linear = words + 4
    width = (math.sqrt(linear**2 + 32 * max(params - words, 0)) - linear) / 16
    return max(round(width), 1)


def lstm(classes: int = 10_000, width: int = 650) -> Network:
    """The language model of one LSTM; by default as wide as the medium one of arXiv:1409.2329, section 4.1."""
    return language_model(LSTM(), width, classes)
