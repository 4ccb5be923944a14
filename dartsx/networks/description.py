"""A network as data: stem, stages of blocks, head."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

from dartsx.networks.layers import Input, Shape
from dartsx.networks.open.decisions import Decision
from dartsx.networks.open.rules import Rule
from dartsx.networks.trace import Block, Step, Trace


class Traced(NamedTuple):
    """What writing a network down gives.

    Attributes:
      steps: in order of computation.
      decisions: left open, none before one that its condition names.
      rules: how the decisions are derived from a mixture.
    """

    steps: tuple[Step, ...]
    decisions: dict[str, Decision]
    rules: tuple[Rule, ...]


@dataclasses.dataclass(frozen=True)
class Network:
    """A network whose parts are computed one after the other.

    Attributes:
      name: as in the table of networks.
      stem: first blocks (single layers are blocks).
      stages: groups of blocks, as the rows of the papers' tables.
      head: pooling and classifier.
      source: paper, and which library agrees.
      image_size: height and width that the paper's figures are for.
    """

    name: str
    stem: tuple[Block, ...]
    stages: tuple[tuple[Block, ...], ...]
    head: tuple[Block, ...]
    source: str
    image_size: int = 224

    def trace(self, image_shape: int | Shape | None = None) -> tuple[Step, ...]:
        """All primitive layers with their shapes; the first step is the image, the last one the logits.

        Args:
          image_shape: (height, width, channels); one number for square images of three channels; by default the
            paper's size.

        Raises:
          ValueError: the images are too small, or the shape is none.
        """
        return self.traced(image_shape).steps

    def traced(self, image_shape: int | Shape | None = None) -> Traced:
        """As `trace`, with the decisions that the network leaves open and the rules by which they are derived."""
        return _trace(self, read_shape(self.image_size if image_shape is None else image_shape))

    @property
    def classes(self) -> int:
        """Number of logits."""
        return self.trace()[-1].shape[0]

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


def repeated(block: Callable[[int], Block], stride: int, count: int) -> tuple[Block, ...]:
    """A stage of `count` blocks, made by ``block(stride)``, of which the first has this stride and the others 1."""
    return tuple(block(stride if i == 0 else 1) for i in range(count))


def read_shape(image_shape: int | Shape) -> Shape:
    """(height, width, channels) of images given as such or by one number.

    Raises:
      ValueError: neither.
    """
    shape = (image_shape, image_shape, 3) if isinstance(image_shape, int) else tuple(image_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"image shape {image_shape}: must be a size or (height, width, channels), all positive")
    return shape


@functools.lru_cache(maxsize=64)
def _trace(network: Network, shape: Shape) -> Traced:
    trace = Trace()
    x = trace.add(Input(shape), name="images")
    parts = {"stem": network.stem}
    parts |= {f"stage{i}": stage for i, stage in enumerate(network.stages, 1)} | {"head": network.head}
    try:
        for part, blocks in parts.items():
            with trace.scope(part):
                for i, block in enumerate(blocks):
                    x = trace.block(block, x, f"block{i}")
                    trace.results.append(x)
        return Traced(tuple(trace.steps), trace.decisions, tuple(trace.rules))
    except ValueError as error:
        raise ValueError(f"{network.name} on images of {shape[0]}x{shape[1]}: {error}") from None
