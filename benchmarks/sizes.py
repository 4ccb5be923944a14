"""The sizes of search that are measured."""

from __future__ import annotations

import argparse
import dataclasses


@dataclasses.dataclass(frozen=True)
class Size:
    """A supernet and its batches.

    Attributes:
      channels: width of the first cell's nodes, C.
      layers: number of cells.
      batch: images of a training batch, and of a validation batch.
      pixels: height and width of an image.
    """

    channels: int
    layers: int
    batch: int
    pixels: int

    def __str__(self) -> str:
        return f"C={self.channels}, {self.layers} cells, batch {self.batch}, {self.pixels}x{self.pixels}"


SIZES = {
    "small": Size(4, 3, 32, 8),
    "medium": Size(8, 5, 64, 16),
    "full": Size(16, 8, 64, 32),
}


def add_size(parser: argparse.ArgumentParser, default: str = "small") -> None:
    """Adds --size and a flag for each field that overrides it."""
    known = "; ".join(f"{name}: {size}" for name, size in SIZES.items())
    parser.add_argument("--size", choices=SIZES, default=default, help=known)
    add_fields(parser)


def add_fields(parser: argparse.ArgumentParser) -> None:
    """Adds a flag for each field of a size."""
    for field in dataclasses.fields(Size):
        parser.add_argument(f"--{field.name}", type=positive, help=f"instead of the size's {field.name}")


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {value}")
    return value


def chosen(arguments: argparse.Namespace, size: Size | None = None) -> Size:
    """The size that was asked for, with its overrides."""
    size = size or SIZES[arguments.size]
    given = {field.name: getattr(arguments, field.name) for field in dataclasses.fields(Size)}
    return dataclasses.replace(size, **{name: value for name, value in given.items() if value is not None})


def label(size: Size) -> str:
    """The size's name, or its numbers if it has none: for file names."""
    for name, known in SIZES.items():
        if size == known:
            return name
    return "-".join(str(value) for value in dataclasses.astuple(size))
