"""How far a network goes, and which way: a tree of blocks, of which one path from the root is chosen."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from dartsx.networks.blocks.chain import Chain
from dartsx.networks.open.close import Choices
from dartsx.networks.open.layers import Weighted
from dartsx.networks.open.rules import Argmax
from dartsx.networks.open.size import chosen
from dartsx.networks.trace import Block, Trace, Value


@dataclasses.dataclass(frozen=True)
class TreeNode:
    """A place where a path may end.

    Attributes:
      word: a letter for every block from the root to here: the label of the option that ends here.
      block: the block that brings the value of the word without its last letter to here.
      head: brings the value to the shape of the whole, where the path ends here.
    """

    word: str
    block: Block
    head: Block


@dataclasses.dataclass(frozen=True)
class Tree:
    """Leaves open at which node of a tree of blocks the path from the root ends.

    Attributes:
      name: the decision; its options are the words of the nodes.
      nodes: every node behind the one whose word is its own without the last letter; those of one letter read the
        input. What the nodes' blocks leave open counts if the path comes through there.

    Open, all nodes are computed once, and the result is the sum over the nodes of m[name, word] * head(value). Longer
    words go on where shorter ones end: an order for methods that prefer small networks (`Argmax.growing`).

    Raises ValueError for a word that is there twice, or before the one that it goes on.
    """

    name: str
    nodes: tuple[TreeNode, ...]

    def __post_init__(self):
        known = {""}
        for node in self.nodes:
            if node.word in known or node.word[:-1] not in known:
                raise ValueError(f"tree {self.name}: node {node.word!r} is there already, or not behind its beginning")
            known.add(node.word)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the options, in order."""
        return tuple(node.word for node in self.nodes)

    @property
    def growing(self) -> tuple[tuple[str, ...], ...]:
        """Every path to a node that nothing goes on from: the words on the way, from the shortest."""
        leaves = [word for word in self.labels if not any(other[:-1] == word for other in self.labels)]
        return tuple(tuple(leaf[:length] for length in range(1, len(leaf) + 1)) for leaf in leaves)

    def build(self, trace: Trace, x: Value) -> Value:
        """All nodes, and the sum of what their heads make."""
        trace.decide(self.name, self.labels, Argmax(self.name, self.labels, self.growing))
        forks: dict[str, object] = {word: object() for word in ("", *self.labels)}
        values, results = {"": x}, []
        for node in self.nodes:
            through = [word for word in self.labels if word.startswith(node.word)]
            place = trace.place if len(through) == len(self.labels) else trace.where(self.name, *through)
            with trace.at(place), _path(trace, forks, node.word):
                value = trace.block(node.block, values[node.word[:-1]], f"block{len(node.word) - 1}")
                with trace.at(trace.where(self.name, node.word)), trace.option(forks[node.word], "end"):
                    results.append(trace.block(node.head, value, "head"))
            values[node.word] = value
        places = tuple(trace.where(self.name, word) for word in self.labels)
        return trace.add(Weighted(places, trace.place), *results)

    def close(self, choices: Choices) -> Block:
        """The blocks of the chosen path, and the head at its end."""
        word = chosen(choices, self.name, self.labels)
        nodes = {node.word: node for node in self.nodes}
        blocks = tuple(nodes[word[:length]].block for length in range(1, len(word) + 1))
        return Ended(Chain(blocks), nodes[word].head)


@dataclasses.dataclass(frozen=True)
class Ended:
    """One path through a tree: its blocks, then the head."""

    blocks: Chain
    head: Block

    def build(self, trace: Trace, x: Value) -> Value:
        """All of them."""
        return trace.block(self.head, self.blocks.build(trace, x), "head")


@contextlib.contextmanager
def _path(trace: Trace, forks: dict[str, object], word: str) -> Iterator[None]:
    """The scope of a node: the options that lead there, one for every letter."""
    with contextlib.ExitStack() as stack:
        for length, letter in enumerate(word):
            stack.enter_context(trace.option(forks[word[:length]], letter))
        yield
