"""A network as data: stem, stages of blocks, head."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from dartsx.networks.anchors import COORDINATES
from dartsx.networks.layers import Input, Shape
from dartsx.networks.open.decisions import Decision
from dartsx.networks.open.rules import Rule
from dartsx.networks.open.size import joint_axes
from dartsx.networks.step import Step, primitive
from dartsx.networks.trace import Block, Trace, Value


class Traced(NamedTuple):
    """What writing a network down gives.

    Attributes:
      steps: the steps in order of computation.
      decisions: left open, none before one that its condition names.
      rules: how the decisions are derived from a mixture.
    """

    steps: tuple[Step, ...]
    decisions: dict[str, Decision]
    rules: tuple[Rule, ...]


class Auxiliary(NamedTuple):
    """A head that branches off inside the network, for training only.

    Attributes:
      after: label of the part whose result it reads.
      head: its blocks.
    """

    after: str
    head: tuple[Block, ...]


@dataclasses.dataclass(frozen=True)
class Network:
    """A network whose parts are computed one after the other.

    Attributes:
      name: a key of the table of networks.
      stem: first blocks (single layers are blocks).
      stages: groups of blocks, as the rows of the papers' tables.
      head: pooling and classifier.
      source: paper, and which library agrees.
      image_size: height and width that the paper's figures are for, or the number of words of a sequence.
      labels: names of stem, stages and head in the names of the steps, where these are not stem, stage1, ..., head. A
        labelled part of one block is that block.
      divisor: what height and width of the images must be divisible by.
      auxiliary: a second head for training, or None.
      reads: what goes in: images [height, width, channels] or the numbers of words [steps].
      channels: those of the images, unless said otherwise.
      writes: what comes out: scores of classes, or rows of them with a box's four offsets behind (`layers.Rows`).
    """

    name: str
    stem: tuple[Block, ...]
    stages: tuple[tuple[Block, ...], ...]
    head: tuple[Block, ...]
    source: str
    image_size: int = 224
    labels: tuple[str, ...] = ()
    divisor: int = 1
    auxiliary: Auxiliary | None = None
    reads: Literal["images", "words"] = "images"
    channels: int = 3
    writes: Literal["scores", "boxes"] = "scores"

    def trace(self, image_shape: int | Shape | None = None, auxiliary: bool = False) -> tuple[Step, ...]:
        """All primitive layers with their shapes; the first step is the image, the last one the logits.

        Args:
          image_shape: (height, width, channels), or (steps,) of words; one number for square images of `channels`
            channels or for so many words; by default the paper's size.
          auxiliary: with the steps of the auxiliary head, which stand where it branches off; their names begin with
            ``auxiliary/``, and the last of them gives its logits.

        Raises:
          ValueError: the images are too small, or the shape is none.
        """
        return self.traced(image_shape, auxiliary).steps

    def traced(self, image_shape: int | Shape | None = None, auxiliary: bool = False) -> Traced:
        """As `trace`, with the decisions that the network leaves open and the rules by which they are derived."""
        shape = read_shape(self.image_size if image_shape is None else image_shape, self.reads, self.channels)
        return _trace(self, shape, auxiliary and self.auxiliary is not None)

    @property
    def parts(self) -> dict[str, tuple[Block, ...]]:
        """Blocks of stem, stages and head by the name that begins the names of their steps."""
        parts = (self.stem, *self.stages, self.head)
        labels = self.labels or ("stem", *(f"stage{i}" for i in range(1, len(self.stages) + 1)), "head")
        return dict(zip(labels, parts, strict=True))

    @property
    def classes(self) -> int:
        """Number of classes: of logits, without a box's offsets."""
        return self.trace()[-1].shape[-1] - (COORDINATES if self.writes == "boxes" else 0)

    def params(self, image_shape: int | Shape | None = None) -> int:
        """Trainable parameters; of the images only the number of channels matters."""
        return sum(step.params for step in self._closed(image_shape))

    def macs(self, image_shape: int | Shape | None = None) -> int:
        """Multiply-adds of convolutions and linear layers for one image."""
        return sum(step.macs for step in self._closed(image_shape))

    def _closed(self, image_shape: int | Shape | None) -> tuple[Step, ...]:
        if decisions := self.traced(image_shape).decisions:
            raise ValueError(f"{self.name} leaves {', '.join(decisions)} open: close it before counting")
        return self.trace(image_shape)


def decisions_of(network: Network) -> dict[str, Decision]:
    """The decisions that a network leaves open, none before one that its condition names; empty if it is closed."""
    return network.traced().decisions


def widths_of(network: Network) -> dict[str, tuple[str, ...]]:
    """The decisions that numbers of channels depend on, with their options, which are whole numbers."""
    steps = list(primitive(network.trace()))
    shapes = [step.shape for step in steps] + [weight.shape for step in steps for weight in step.weights.values()]
    return dict(joint_axes(size for shape in shapes for size in shape))


def repeated(block: Callable[[int], Block], stride: int, count: int) -> tuple[Block, ...]:
    """A stage of `count` blocks, made by ``block(stride)``, of which the first has this stride and the others 1."""
    return tuple(block(stride if i == 0 else 1) for i in range(count))


def read_shape(image_shape: int | Shape, reads: str = "images", channels: int = 3) -> Shape:
    """(height, width, channels) of images, or (steps,) of words, given as such or by one number (and `channels`).

    Raises:
      ValueError: neither.
    """
    if reads == "words":
        return _steps(image_shape)
    shape = (image_shape, image_shape, channels) if isinstance(image_shape, int) else tuple(image_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"image shape {image_shape}: must be a size or (height, width, channels), all positive")
    return shape


def _steps(given: int | Shape) -> Shape:
    shape = (given,) if isinstance(given, int) else tuple(given)
    if len(shape) != 1 or min(shape) < 1:
        raise ValueError(f"shape {given}: a network that reads words needs their number, above 0")
    return shape


@functools.lru_cache(maxsize=64)
def _trace(network: Network, shape: Shape, auxiliary: bool) -> Traced:
    _check_divisible(network, shape)
    trace = Trace()
    x = trace.add(Input(shape), name=network.reads)
    try:
        for label, blocks in network.parts.items():
            bare = bool(network.labels) and len(blocks) == 1
            for y in _written(trace, label, blocks, x, bare):
                x = y
                trace.results.append(x)
            if auxiliary and label == network.auxiliary.after:
                list(_written(trace, "auxiliary", network.auxiliary.head, x, bare=True))
        return Traced(tuple(trace.steps), trace.decisions, tuple(trace.rules))
    except ValueError as error:
        raise ValueError(f"{network.name} on {network.reads} of {'x'.join(map(str, shape[:2]))}: {error}") from None


def _written(trace: Trace, label: str, blocks: Sequence[Block], x: Value, bare: bool) -> Iterator[Value]:
    """Writes the blocks of a part down, one after the other, in scopes of their own or none; their results."""
    with trace.scope(label):
        for i, block in enumerate(blocks):
            x = trace.block(block, x, None if bare else f"block{i}")
            yield x


def _check_divisible(network: Network, shape: Shape) -> None:
    if network.divisor == 1:
        return
    height, width, _ = shape
    if height % network.divisor or width % network.divisor:
        sizes = ", ".join(str(k * network.divisor) for k in (1, 2, 3))
        raise ValueError(
            f"images of {height}x{width}: the {network.name} network halves them until 1/{network.divisor} is left, so "
            f"height and width must be {sizes}, ..."
        )
