"""Latency of a network as the sum over its blocks of measured times, and tables that others measured.

In these a block is an inverted bottleneck (recognised by its depthwise convolution), any other convolution, the global
average or the classifier; what a block is in tables of one's own says `pieces`. As `dartsx.cost.open` for layers, its
time enters an open network's latency with the weight of what must be decided for it to exist, and of the widths that
its shapes depend on (`additive` has the formula). That is ProxylessNAS's and FBNet's expected latency
(arXiv:1812.00332, equation 8; arXiv:1812.03443, equation 4), differentiable, and at a one-hot mixture exactly the
latency of the closed network.
"""

from __future__ import annotations

import csv
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dartsx.cost.additive import Additive
from dartsx.cost.linear_table import LinearTable, positions_of, read_linear
from dartsx.cost.measured_table import KEY, MeasuredTable, table_of
from dartsx.cost.pieces import Block, sum_of_blocks
from dartsx.networks import Network, Step, primitive
from dartsx.networks import layers as kinds
from dartsx.networks.layers import Shape
from dartsx.networks.open.size import joint_axes


class BlockShape(NamedTuple):
    """What a table knows of a block.

    Attributes:
      kind: "bottleneck", "conv", "pool" or "logits".
      size_in, size_out: height of the map; 0 of logits.
      channels_in, channels_out: channels that enter and leave the block.
      expanded, kernel, stride: channels, kernel and stride of a bottleneck's depthwise convolution, else 0.
      residual, gated, hard_swish: whether a bottleneck has them; False for other blocks.
    """

    kind: str
    size_in: int
    channels_in: int
    size_out: int
    channels_out: int
    expanded: int = 0
    kernel: int = 0
    stride: int = 0
    residual: bool = False
    gated: bool = False
    hard_swish: bool = False

    def __str__(self) -> str:
        text = f"{self.kind} {self.size_in}x{self.channels_in} -> {self.size_out}x{self.channels_out}"
        if self.kind != "bottleneck":
            return text
        flags = (name for name in ("residual", "gated", "hard_swish") if getattr(self, name))
        return " ".join((f"{text}, {self.expanded} expanded, kernel {self.kernel}, stride {self.stride}", *flags))


@dataclasses.dataclass(frozen=True)
class LatencyTable:
    """Measured times of blocks.

    Attributes:
      name: where it is from.
      times: milliseconds of one image.
    """

    name: str
    times: Mapping[BlockShape, float]

    def blocks(self, network: Network, image_shape: int | Shape | None = None) -> list[Block]:
        """The blocks of a network, open or closed, in order of computation."""
        return blocks(network, image_shape)

    def expected(self, network: Network, image_shape: int | Shape | None = None) -> Additive:
        """The latency of an open network as a function of its mixture."""
        return sum_of_blocks(self, network, image_shape)

    def check(self, batch_size: int, dtype: str, image_shape: Sequence[int]) -> None:
        """Checks that one image is asked for; these tables say nothing of dtypes, and blocks know their sizes.

        Raises:
          ValueError: another batch size.
        """
        if batch_size != 1:
            raise ValueError(f"{self.name} was measured for batch size 1, not {batch_size}")

    def time(self, shape: BlockShape, step: str) -> float:
        """Milliseconds of a block; those of global averages are 0 if the table has none at all.

        Raises:
          ValueError: the table does not have it; names the block and the layer of the network.
        """
        if shape in self.times:
            return self.times[shape]
        if shape.kind == "pool" and not any(known.kind == "pool" for known in self.times):
            return 0.0
        raise ValueError(f"{self.name} has no time of {step}: {shape}")


BlockTable = LatencyTable | MeasuredTable
Table = BlockTable | LinearTable


def read_table(path: str | pathlib.Path, resolution: int | None = None) -> Table:
    """A table of `dartsx latency`, of ProxylessNAS (Pixel 1), of once-for-all (Note 10), or a linear model.

    Args:
      path: CSV file with the columns of `measured_table.Row`; or with type, h_in, c_in, h_out, c_out, kernel, stride,
        residual, mean_ms, and expansion or mid_channels; se, hswish where they differ; resolution where there are
        tables of several image sizes. Linear models are JSON files, ``FILE.json:DEVICE`` where they hold several
        devices, or a CSV file (see `linear_table`).
      resolution: which of these; needed if there are several.

    Raises:
      ValueError: no such file, columns or resolution.
    """
    path = pathlib.Path(path)
    name, _, device = path.name.partition(".json")
    if ".json" in path.name:
        return read_linear(path.with_name(f"{name}.json"), device.removeprefix(":"))
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    if rows and KEY in rows[0]:
        return table_of(path, rows)
    if rows and "ir_k3_e1_us" in rows[0]:
        return positions_of(path, rows)
    needed = ("type", "h_in", "c_in", "h_out", "c_out", "kernel", "stride", "residual", "mean_ms")
    missing = [name for name in needed if not rows or name not in rows[0]]
    if missing:
        raise ValueError(
            f"{path}: a table of latencies needs columns {', '.join(needed)}; missing: {', '.join(missing)}"
        )
    sizes = sorted({int(row["resolution"]) for row in rows if row.get("resolution")})
    if sizes and resolution not in sizes:
        raise ValueError(f"{path} has times for images of {', '.join(map(str, sizes))}, not {resolution}")
    chosen = [row for row in rows if not sizes or int(row["resolution"]) == resolution]
    return LatencyTable(str(path), {_shape(row): float(row["mean_ms"]) for row in chosen})


_KINDS = {"expanded_conv": "bottleneck", "AvgPool2D": "pool", "Logits": "logits"}


def _shape(row: Mapping[str, str]) -> BlockShape:
    kind = _KINDS.get(row["type"], "conv")
    size_in, channels_in, size_out, channels_out = (int(row[name]) for name in ("h_in", "c_in", "h_out", "c_out"))
    if kind == "logits":
        return BlockShape(kind, 0, channels_in, 0, channels_out)
    if kind != "bottleneck":
        return BlockShape(kind, size_in, channels_in, size_out, channels_out)
    expanded = int(row["mid_channels"]) if row.get("mid_channels") else channels_in * int(row["expansion"])
    flags = (row.get(name) == "1" for name in ("residual", "se", "hswish"))
    numbers = (size_in, channels_in, size_out, channels_out, expanded, int(row["kernel"]), int(row["stride"]))
    return BlockShape(kind, *numbers, *flags)


def blocks(network: Network, image_shape: int | tuple[int, ...] | None = None) -> list[Block]:
    """All blocks of a network, open or closed, in order of computation."""
    scopes: dict[str, list[Step]] = {}
    for step in primitive(network.trace(image_shape)):
        scopes.setdefault(step.name.rpartition("/")[0], []).append(step)
    found = []
    for scope, steps in scopes.items():
        depthwise = [step for step in steps if _is_depthwise(step)]
        if depthwise:
            found.append(_bottleneck(scope, steps, depthwise[0], f"{scope}/se" in scopes))
        elif not scope.endswith("/se") or scope.removesuffix("/se") not in scopes:
            found += [_plain(step) for step in steps if type(step.layer) in _PLAIN and not _is_idle(step)]
    return found


def _is_depthwise(step: Step) -> bool:
    return (
        isinstance(step.layer, kinds.Conv) and step.layer.groups != 1 and step.layer.groups == step.input_shapes[0][2]
    )


def _is_idle(step: Step) -> bool:
    """Whether it averages a map of one pixel."""
    return isinstance(step.layer, kinds.GlobalPool) and step.input_shapes[0][:2] == (1, 1)


def _bottleneck(scope: str, steps: list[Step], depthwise: Step, gated: bool) -> Block:
    convolutions = [step for step in steps if isinstance(step.layer, kinds.Conv)]
    (size_in, _, channels_in), (size_out, _, channels_out) = convolutions[0].input_shapes[0], convolutions[-1].shape
    shape = BlockShape(
        "bottleneck",
        size_in,
        channels_in,
        size_out,
        channels_out,
        depthwise.shape[2],
        depthwise.layer.kernel[0],
        depthwise.layer.stride[0],
        any(isinstance(step.layer, kinds.Add) for step in steps),
        gated,
        any(step.layer == kinds.Activation("hard_swish") for step in steps),
    )
    return Block(scope, depthwise.place, shape, joint_axes(shape))


_PLAIN = {kinds.Conv: "conv", kinds.GlobalPool: "pool", kinds.Linear: "logits"}


def _plain(step: Step) -> Block:
    kind, before, after = _PLAIN[type(step.layer)], step.input_shapes[0], step.shape
    sizes = (0, 0) if kind == "logits" else (before[0], after[0] if len(after) == 3 else 1)
    shape = BlockShape(kind, sizes[0], before[-1], sizes[1], after[-1])
    return Block(step.name, step.place, shape, joint_axes(shape))


def expected_latency_of(network: Network, table: Table, image_shape: int | tuple[int, ...] | None = None) -> Additive:
    """The expected latency of an open network as a function of its mixture; knows the least one, too.

    Args:
      network: an open description, or a closed one, whose latency no weight changes.
      table: table of the device.
      image_shape: (height, width, channels), or one number for square images of 3 channels; None for its own.

    Returns:
      (weight) -> milliseconds, where ``weight(decision, option)`` is an entry of the mixture: a JAX scalar, or a float.

    Raises:
      ValueError: a block of the network, under whatever options, is not in the table.
    """
    return table.expected(network, image_shape)


def latency_of(network: Network, table: BlockTable, image_shape: int | tuple[int, ...] | None = None) -> float:
    """Milliseconds of a closed network.

    Raises:
      ValueError: a block is not in the table.
    """
    return sum(table.time(block.shape, block.name) for block in table.blocks(network, image_shape))
