"""A network as data: stem, stages of blocks, head."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

from dartsx.networks.layers import Input, Layer, Shape
from dartsx.networks.trace import Block, Step, Trace, Value


@dataclasses.dataclass(frozen=True)
class Network:
    """A network whose parts are computed one after the other.

    Attributes:
      name: as in the table of networks.
      stem: first blocks (or single layers).
      stages: groups of blocks, as the rows of the papers' tables.
      head: pooling and classifier.
      source: paper, and which library agrees.
      image_size: height and width that the paper's figures are for.
    """

    name: str
    stem: tuple[Block | Layer, ...]
    stages: tuple[tuple[Block, ...], ...]
    head: tuple[Block | Layer, ...]
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
        return _trace(self, read_shape(self.image_size if image_shape is None else image_shape))

    @property
    def classes(self) -> int:
        """Number of logits."""
        return self.trace()[-1].shape[0]

    def params(self, image_shape: int | Shape | None = None) -> int:
        """Trainable parameters; of the images only the number of channels matters."""
        return sum(step.params for step in self.trace(image_shape))

    def macs(self, image_shape: int | Shape | None = None) -> int:
        """Multiply-adds of convolutions and linear layers for one image."""
        return sum(step.macs for step in self.trace(image_shape))


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
def _trace(network: Network, shape: Shape) -> tuple[Step, ...]:
    trace = Trace()
    x = trace.add(Input(shape), name="images")
    history: list[Value] = []  # results of blocks
    parts = {"stem": network.stem}
    parts |= {f"stage{i}": stage for i, stage in enumerate(network.stages, 1)} | {"head": network.head}
    try:
        for part, blocks in parts.items():
            with trace.scope(part):
                for i, block in enumerate(blocks):
                    name = f"block{i}" if hasattr(block, "build") or hasattr(block, "build_cell") else None
                    history.append(_block(trace, block, history or [x], name))
    except ValueError as error:
        raise ValueError(f"{network.name} on images of {shape[0]}x{shape[1]}: {error}") from None
    return tuple(trace.steps)


def _block(trace: Trace, block: Block | Layer, history: list[Value], name: str | None) -> Value:
    """Cells read the results of several blocks, all other blocks that of the last one."""
    if hasattr(block, "build_cell"):
        with trace.scope(name):
            return block.build_cell(trace, history)
    return trace.block(block, history[-1], name)
