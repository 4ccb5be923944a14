"""Networks written as lists of blocks: the form in which searches in chains of inverted bottlenecks publish results.

A record holds ``resolution``, ``stem`` (kernel, width, stride, activation), ``blocks``, ``head`` and ``source``. A
block is a row of `COLUMNS`, a convolution of the head a row of `HEAD_COLUMNS`, and ``"pool"`` the global average; the
classifier follows by itself. ``chains.json`` holds the published ones, each with the file of its authors' release (or
of a library, where the release is a program) from which its blocks were read.

A file with such a record is a network too; with several, as ``{"networks": {name: record}}``, it is named FILE:NAME.
"""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Mapping
from importlib import resources
from typing import Any, NamedTuple

from dartsx.networks.blocks.chain import IDENTITY
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.shortcut import Residual, pooled
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.description import Network
from dartsx.networks.errors import check_choice, check_positive
from dartsx.networks.layers import ACTIVATIONS, GlobalPool
from dartsx.networks.trace import Block

KINDS = ("ds", "ir", "skip")
NEEDED = ("resolution", "stem", "blocks", "head")
# Figures and remarks that a record may carry, and what is optional in it: `shortcut_convs` (every block has a pooled
# shortcut, AttentiveNAS), `se_gate` (hard_sigmoid, or sigmoid as in MnasNet).
FURTHER = ("shortcut_convs", "se_gate", "source", "name", "note", "counts", "published")
_SPELLINGS = {"h_swish": "hard_swish", "": None, None: None}


class Row(NamedTuple):
    """A block of a list.

    Attributes:
      kind: ``"ir"``: 1x1 expansion, depthwise convolution, gate, 1x1 projection without activation; ``"ds"``: the same
        without expansion; ``"skip"``: the identity, or where width or stride change a 1x1 convolution.
      kernel: kernel size of the depthwise convolution.
      expanded: its channels.
      features: output channels of the projection.
      stride: stride of the depthwise convolution.
      squeezed: channels of the gate's first convolution; 0 for no gate.
      activation: activation after the first two convolutions.
      residual: whether the input is added.
      groups: groups of the projection.
    """

    kind: str
    kernel: int
    expanded: int
    features: int
    stride: int
    squeezed: int
    activation: str
    residual: bool
    groups: int = 1


COLUMNS = Row._fields
HEAD_COLUMNS = ("kernel", "width", "batch_norm", "bias", "activation")
STEM_COLUMNS = ("kernel", "width", "stride", "activation")


@functools.cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """The published records by name."""
    return json.loads((resources.files("dartsx.networks") / "chains.json").read_text(encoding="ascii"))


def published(name: str, classes: int = 1000) -> Network:
    """The network of a published record."""
    return from_record(name, shipped()[name], classes)


def is_file(name: str) -> bool:
    """Whether a name of a network is that of a file."""
    return ".json" in pathlib.PurePath(name).name


def from_file(name: str, classes: int = 1000) -> Network:
    """The network of a file, or of one record of it as ``FILE:NAME``.

    Raises:
      ValueError: no such file or record, or one that describes no network; says where.
    """
    path, _, wanted = name.partition(".json")
    path += ".json"
    try:
        read = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from None
    if not isinstance(read, dict):
        raise ValueError(f"{path}: a network is an object with {', '.join(NEEDED)}")
    records = read.get("networks", read if "blocks" not in read else {pathlib.Path(path).stem: read})
    wanted = wanted.removeprefix(":") or (next(iter(records)) if len(records) == 1 else "")
    if wanted not in records:
        raise ValueError(f"{path} holds {', '.join(map(str, records)) or 'no network'}: name one as {path}:NAME")
    try:
        return from_record(wanted, records[wanted], classes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def from_record(name: str, record: Mapping[str, Any], classes: int = 1000) -> Network:
    """The network of a record.

    Raises:
      ValueError: something is missing or is not what it must be; names the network and the block.
    """
    check_positive("number of classes", classes)
    if not isinstance(record, Mapping) or any(key not in record for key in NEEDED):
        raise ValueError(f"{name}: a network needs {', '.join(NEEDED)}")
    for key in record:
        check_choice(f"key of {name}", key, (*NEEDED, *FURTHER))
    size = record["resolution"]
    if type(size) is not int or size < 1:
        raise ValueError(f"{name}: resolution must be a whole number above 0, got {size!r}")
    gate, shortcuts = record.get("se_gate", "hard_sigmoid"), bool(record.get("shortcut_convs"))
    stem = _fields(name, "stem", STEM_COLUMNS, record["stem"])
    channels, stages = stem["width"], []
    for i, values in enumerate(record["blocks"]):
        row = Row(**_fields(name, f"block {i}", COLUMNS, values))
        check_choice(f"kind of {name}'s block {i}", row.kind, KINDS)
        if not stages or row.stride > 1 or row.features != channels:
            stages.append([])
        stages[-1].append(_block(row, channels, gate, shortcuts))
        channels = row.features
    convolution = ConvNorm(stem["width"], stem["kernel"], stem["stride"], act=stem["activation"])
    head = (*_head(name, record["head"]), Classifier(classes))
    source = _repository(record.get("source", "a list of blocks"))
    return Network(name, (convolution,), tuple(map(tuple, stages)), head, source, size)


def _repository(source: str) -> str:
    """``owner / name at commit`` of ``owner/name@commit:file``: a narrow table has no room for the file."""
    repository, at, file = source.partition("@")
    return f"{repository.replace('/', ' / ')} at {file[:8]}" if at else source


def _block(row: Row, channels: int, gate: str, shortcuts: bool) -> Block:
    same = row.stride == 1 and row.features == channels
    if row.kind == "skip":
        return IDENTITY if same else ConvNorm(row.features, 1, row.stride)
    bottleneck = InvertedBottleneck(
        row.features,
        None,
        channels if row.kind == "ds" else row.expanded,
        row.kernel,
        row.stride,
        SqueezeExcite(features=row.squeezed, gate=gate) if row.squeezed else None,
        row.activation,
        row.residual and not shortcuts,
        splits_out=row.groups,
        expands=row.kind == "ir" and row.expanded == channels,
    )
    if not (shortcuts and row.residual):
        return bottleneck
    return Residual(bottleneck, pooled(row.features, row.stride, row.stride, row.features != channels))


def _head(name: str, rows: Any) -> tuple[Block, ...]:
    """Convolutions before and behind the global average, which the classifier makes where it is the last."""
    blocks: list[Block] = []
    for i, row in enumerate(rows):
        if row == "pool":
            blocks.append(GlobalPool(keep=True))
            continue
        made = _fields(name, f"row {i} of the head", HEAD_COLUMNS, row)
        blocks.append(
            ConvNorm(made["width"], made["kernel"], act=made["activation"], norm=made["batch_norm"], bias=made["bias"])
        )
    return tuple(blocks[:-1] if rows and rows[-1] == "pool" else blocks)


def _fields(name: str, what: str, columns: tuple[str, ...], values: Any) -> dict[str, Any]:
    """Values by column, checked."""
    read = dict(values) if isinstance(values, Mapping) else dict(zip(columns, values, strict=False))
    if len(values) != len(columns) or set(read) != set(columns):
        raise ValueError(f"{name}, {what}: needs {', '.join(columns)}; got {values}")
    for column, value in read.items():
        if column == "activation":
            value = _SPELLINGS.get(value, value)
            check_choice(f"activation of {name}, {what},", value, (None, *ACTIVATIONS))
            read[column] = value
        elif column in ("residual", "batch_norm", "bias"):
            check_choice(f"{column} of {name}, {what},", value, (True, False))
        elif column != "kind" and (type(value) is not int or value < (column != "squeezed")):
            raise ValueError(f"{name}, {what}: {column} must be a whole number above 0, got {value!r}")
    return read
