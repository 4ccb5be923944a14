"""The names of layers in checkpoints of the original DARTS repository (github.com/quark0/darts, cnn/model.py).

stem/conv, norm (CIFAR)                    stem.0, stem.1
stem/block0/block0/conv, norm (ImageNet)   stem0.0, stem0.1
stem/block0/block1/conv, norm              stem0.3, stem0.4
stem/block1/conv, norm                     stem1.1, stem1.2
cell3/pre0/conv, norm                      cells.3.preprocess0.op.1, .op.2
cell3/pre0/even, odd, reduction_norm       cells.3.preprocess0.conv_1, .conv_2, .bn
the k-th edge, as the genotype lists them  cells.3._ops.k
  depthwise, pointwise, norm                 .op.1, .op.2, .op.3
  depthwise1, ..., norm1, depthwise2, ...    .op.1, .op.2, .op.3, .op.5, .op.6, .op.7
  even, odd, reduction_norm                  .conv_1, .conv_2, .bn
  row, column, norm                          .1, .2, .3
classifier/classifier                      classifier
auxiliary/conv1/conv, norm                 auxiliary_head.features.2, .3
auxiliary/conv2/conv, norm (CIFAR)         auxiliary_head.features.5, .6
auxiliary/classifier                       auxiliary_head.classifier
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dartsx.networks import Network, Step

AUXILIARY = "auxiliary_head."
_OUTSIDE = {
    "stem/conv": "stem.0",
    "stem/norm": "stem.1",
    "stem/block0/block0/conv": "stem0.0",
    "stem/block0/block0/norm": "stem0.1",
    "stem/block0/block1/conv": "stem0.3",
    "stem/block0/block1/norm": "stem0.4",
    "stem/block1/conv": "stem1.1",
    "stem/block1/norm": "stem1.2",
    "classifier/classifier": "classifier",
    "auxiliary/conv1/conv": f"{AUXILIARY}features.2",
    "auxiliary/conv1/norm": f"{AUXILIARY}features.3",
    "auxiliary/conv2/conv": f"{AUXILIARY}features.5",
    "auxiliary/conv2/norm": f"{AUXILIARY}features.6",
    "auxiliary/classifier": f"{AUXILIARY}classifier",
}
_PREPROCESSING = {"conv": "op.1", "norm": "op.2"}
_REDUCTION = {"even": "conv_1", "odd": "conv_2", "reduction_norm": "bn"}
_ROW_COLUMN = {"row": "1", "column": "2", "norm": "3"}
_ONE_UNIT = {"depthwise": "op.1", "pointwise": "op.2", "norm": "op.3"}
_TWO_UNITS = {f"{name}{unit}": f"op.{i + 4 * unit - 3}" for unit in (1, 2) for i, name in enumerate(_ONE_UNIT)}


def darts_modules(network: Network, steps: Sequence[Step]) -> dict[str, str]:
    """Module of the checkpoint for every one of these layers of a network of DARTS's cells.

    Raises:
      ValueError: a cell holds an operation that the repository has not; names the layer.
    """
    prefixes = dict(_prefixes(network))
    members: dict[str, list[str]] = {}
    for step in steps:
        part, _, layer = step.name.rpartition("/")
        members.setdefault(part, []).append(layer)
    modules = {}
    for part, layers in members.items():
        names = _names(part, layers) if part in prefixes else {}
        for layer in layers:
            name = f"{part}/{layer}"
            if name not in _OUTSIDE and layer not in names:
                raise ValueError(f"the DARTS repository has no operation with the layer {name}")
            modules[name] = _OUTSIDE[name] if name in _OUTSIDE else f"{prefixes[part]}.{names[layer]}"
    return modules


def _prefixes(network: Network) -> Iterator[tuple[str, str]]:
    """What inside a cell has layers -> its module."""
    for label, blocks in network.parts.items():
        if label.startswith("cell"):
            cell = f"cells.{label.removeprefix('cell')}"
            yield from ((f"{label}/pre{i}", f"{cell}.preprocess{i}") for i in (0, 1))
            yield from ((f"{label}/{edge.name}", f"{cell}._ops.{k}") for k, edge in enumerate(blocks[0].edges))


def _names(part: str, layers: Sequence[str]) -> dict[str, str]:
    """Layer -> its name inside the module, by what layers stand together."""
    tables = (_REDUCTION, _PREPROCESSING) if "/pre" in part else (_REDUCTION, _ROW_COLUMN, _ONE_UNIT, _TWO_UNITS)
    return next((table for table in tables if set(table) == set(layers)), {})
