"""Tables of latencies that `dartsx latency` measured on a device: CSV files whose rows are blocks."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dartsx.cost.additive import Additive
from dartsx.cost.pieces import Block, Piece, pieces, sum_of_blocks
from dartsx.networks import Network
from dartsx.networks.layers import Shape

KEY, TIME = "block", "ms"  # the columns that make a CSV file such a table
SAME = ("batch_size", "dtype", "space", "image")  # columns that have one value in a whole table


class Row(NamedTuple):
    """A line of the file; times are milliseconds of a pass over one batch, without the call of the program.

    Attributes:
      block: layers and shapes, as the text of a `Piece`.
      example: a layer's scope where the space has the block.
      ms: the time that counts in sums, which is one of the next.
      statistic: which one: ``"median"`` or ``"least"``.
      median_ms, low_ms, high_ms, least_ms: median, quartiles and minimum of the samples.
      samples, passes: number of samples; passes of which each is the mean.
      macs: multiply-adds for one image.
      batch_size: images of a pass.
      dtype: dtype of the activations.
      space: space whose blocks are measured.
      image: height, width and channels of the space's images, such as 32x32x3.
      device, host: where it ran.
      versions: versions of Python, JAX and dartsx.
      date: day of the measurement, in UTC.
    """

    block: str
    example: str
    ms: float
    statistic: str
    median_ms: float
    low_ms: float
    high_ms: float
    least_ms: float
    samples: int
    passes: int
    macs: int
    batch_size: int
    dtype: str
    space: str
    image: str
    device: str
    host: str
    versions: str
    date: str


@dataclasses.dataclass(frozen=True)
class MeasuredTable:
    """Times of blocks on one device.

    Attributes:
      name: its file.
      times: text of a block -> milliseconds of a batch.
      batch_size: images of a batch.
      dtype: dtype of the activations.
      space: space whose blocks were measured.
      image: images that its networks read, such as 32x32x3.
    """

    name: str
    times: Mapping[str, float]
    batch_size: int
    dtype: str
    space: str
    image: str

    def blocks(self, network: Network, image_shape: int | Shape | None = None) -> list[Block]:
        """The blocks of a network, open or closed."""
        return pieces(network, image_shape)

    def time(self, piece: Piece, scope: str) -> float:
        """Milliseconds of a closed block.

        Raises:
          ValueError: the table does not have it; names the block, where it stands and what was measured.
        """
        found = self.times.get(str(piece))
        if found is None:
            measured = f"measured for space {self.space} on images of {self.image}"
            raise ValueError(f"{self.name}, {measured}, has no time of {scope}: {piece}")
        return found

    def expected(self, network: Network, image_shape: int | Shape | None = None) -> Additive:
        """The latency of an open network as a function of its mixture."""
        return sum_of_blocks(self, network, image_shape)

    def check(self, batch_size: int, dtype: str, image_shape: Sequence[int]) -> None:
        """Checks that the times are those of such passes.

        Raises:
          ValueError: says in one line what the table was measured for.
        """
        wanted = {"batch size": batch_size, "dtype": dtype, "images of": image_text(image_shape)}
        found = {"batch size": self.batch_size, "dtype": self.dtype, "images of": self.image}
        for name, value in wanted.items():
            if found[name] != value:
                raise ValueError(f"{self.name} was measured for {name} {found[name]}, not {value}")


def image_text(image_shape: Sequence[int]) -> str:
    """Height, width and channels, such as 32x32x3."""
    return "x".join(map(str, image_shape))


def csv_of(rows: Iterable[Row]) -> str:
    """The text of the file."""
    return "".join(",".join(map(_cell, line)) + "\n" for line in (Row._fields, *rows))


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if "," in text else text


def table_of(path: str | pathlib.Path, rows: Sequence[Mapping[str, str]]) -> MeasuredTable:
    """The table of a file's lines, with the columns of `Row` that it needs.

    Raises:
      ValueError: a column is missing or holds no number, or lines were measured for different things.
    """
    missing = [name for name in (KEY, TIME, *SAME) if name not in rows[0]]
    if missing:
        raise ValueError(f"{path}: a table of measured latencies needs the columns {', '.join(missing)}")
    for name in SAME:
        if len(values := sorted({row[name] for row in rows})) > 1:
            raise ValueError(f"{path} mixes {name} {' and '.join(values)}: a table has one")
    try:
        times = {row[KEY]: float(row[TIME]) for row in rows}
        batch_size = int(rows[0]["batch_size"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    return MeasuredTable(str(path), times, batch_size, *(rows[0][name] for name in SAME[1:]))
