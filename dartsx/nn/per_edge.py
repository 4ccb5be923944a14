"""Exchange of stacked variables with the per-edge form that other DARTS codes use.

Per-edge names: ``stem/conv``, ``cell2/pre0/conv_a``, ``cell2/edge5/sep_conv_3x3/dw1``,
``cell2/edge5/sep_conv_3x3/bn1_mean``, ``classifier/bias``. Edges count node-major (the order of
the alpha table); kernels are HWIO, depthwise [k, k, 1, C]. `per_edge_network` does the same for
networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from dartsx.kernels.channel_major.cell_layout import CellLayout
from dartsx.kernels.channel_major.edge_blocks import EdgeBlock
from dartsx.kernels.channel_major.primitives import PRIMITIVES, lookup
from dartsx.kernels.plan import CellPlan
from dartsx.nn.supernet import Supernet

STATISTICS = ("mean", "var")


class Entry(NamedTuple):
    """One per-edge array, and where it stands in the variables.

    Attributes:
      name: per-edge name.
      path: where the stacked array stands.
      row: the entry's row in that array, or None for all of it.
      shape: per-edge shape; -1 stands for any number.
    """

    name: str
    path: tuple[str, ...]
    row: int | None
    shape: tuple[int, ...]


def weight_entries(supernet: Supernet) -> Iterator[Entry]:
    """Every weight array of the supernet in the per-edge form; paths start inside ``params``."""
    width = supernet.stem_multiplier * supernet.channels
    yield Entry("stem/conv", ("stem_conv", "kernel"), None, (3, 3, -1, width))
    yield from affine_entries("stem/bn", ("stem_bn",))
    for i, plan in enumerate(supernet.plans()):
        yield from preprocess_weights(i, plan)
        yield from _edge_weights(_layout(supernet, plan), i)
    yield from classifier_entries("classifier", ("classifier",), supernet.classes)


def statistics_entries(supernet: Supernet) -> Iterator[Entry]:
    """Every running statistic in the per-edge form; paths start inside ``batch_stats``."""
    yield from batch_norm_statistics("stem/bn", ("stem_bn",))
    for i, plan in enumerate(supernet.plans()):
        yield from preprocess_statistics(i)
        for kind in STATISTICS:
            yield from _edge_statistics(_layout(supernet, plan), i, kind)


# ----------------------------------------------------------------- layers of supernets and networks
def affine_entries(name: str, path: tuple[str, ...]) -> Iterator[Entry]:
    """Scale and bias of a batch norm layer."""
    for kind in ("scale", "bias"):
        yield Entry(f"{name}_{kind}", (*path, kind), None, (-1,))


def batch_norm_statistics(name: str, path: tuple[str, ...]) -> Iterator[Entry]:
    """Running mean and variance of a batch norm layer."""
    for kind in STATISTICS:
        yield Entry(f"{name}_{kind}", (*path, "norms", "norm", "bn", kind), None, (-1,))


def classifier_entries(name: str, path: tuple[str, ...], classes: int) -> Iterator[Entry]:
    """A linear layer."""
    yield Entry(f"{name}/kernel", (*path, "kernel"), None, (-1, classes))
    yield Entry(f"{name}/bias", (*path, "bias"), None, (-1,))


def preprocess_weights(cell: int, plan: CellPlan) -> Iterator[Entry]:
    """Convolutions of both preprocessing layers of a cell."""
    for pre, reduce in (("pre0", plan.reduction_prev), ("pre1", False)):
        name, path = f"cell{cell}/{pre}", (f"cell{cell}", pre)
        if reduce:
            half = (1, 1, -1, plan.channels // 2)
            for part in ("conv_a", "conv_b"):
                yield Entry(f"{name}/{part}", (*path, "reduction", part), None, half)
        else:
            shape = (1, 1, -1, plan.channels)
            yield Entry(f"{name}/conv", (*path, "conv", "kernel"), None, shape)


def preprocess_statistics(cell: int) -> Iterator[Entry]:
    """Running statistics of both preprocessing layers of a cell."""
    for pre in ("pre0", "pre1"):
        yield from batch_norm_statistics(f"cell{cell}/{pre}/bn", (f"cell{cell}", pre, "bn"))


def kernel_shape(key: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """HWIO: depthwise [k, k, C] and 1x1 kernels [C, D] gain their unit axes."""
    if key.startswith("dw"):
        return (*shape[:2], 1, shape[2])
    return (1, 1, *shape) if len(shape) == 2 else shape


# ----------------------------------------------------------------------------------------- exchange
def to_per_edge(tree: Mapping[str, Any], entries: Iterable[Entry]) -> dict[str, np.ndarray]:
    """Stacked weights (or gradients, or statistics) as a flat dict of per-edge arrays."""
    arrays = {}
    for entry in entries:
        stacked = np.asarray(_get(tree, entry.path))
        row = stacked if entry.row is None else stacked[entry.row]
        arrays[entry.name] = row.reshape(entry.shape)
    return arrays


def from_per_edge(arrays: Mapping[str, np.ndarray], entries: Iterable[Entry], like: Mapping[str, Any]) -> Any:
    """Per-edge arrays as a tree of the structure of `like`, in the dtype of the arrays.

    Raises:
      KeyError: an array is missing.
      ValueError: an array has another shape.
    """
    entries = list(entries)
    dtype = np.asarray(arrays[entries[0].name]).dtype
    tree = jax.tree.map(lambda leaf: np.full(leaf.shape, np.nan, dtype), like)
    for entry in entries:
        target = _get(tree, entry.path)
        target = target if entry.row is None else target[entry.row]
        value = np.asarray(arrays[entry.name])
        if value.size != target.size or not _fits(value.shape, entry.shape):
            raise ValueError(f"{entry.name}: {value.shape} given, expected {entry.shape}, {target.size} values")
        target[...] = value.reshape(target.shape)
    return tree


def _fits(given: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return len(given) == len(expected) and all(e in (-1, g) for g, e in zip(given, expected, strict=True))


def _layout(supernet: Supernet, plan) -> CellLayout:
    chosen = lookup(supernet.space.primitives, supernet.primitives or PRIMITIVES)
    return CellLayout(supernet.space.edges, chosen, plan)


def _edge_weights(layout: CellLayout, cell: int) -> Iterator[Entry]:
    for name in layout.primitives:
        spec, _ = layout.weights(name)
        for block, where in layout.weight_slices(name).items():
            for row, edge in enumerate(block.rows, where.start):
                for key, weight in spec.items():
                    shape = kernel_shape(key, weight.shape)
                    label = f"cell{cell}/edge{edge}/{name}/{key}"
                    yield Entry(label, (f"cell{cell}", name, key), row, shape)


def _edge_statistics(layout: CellLayout, cell: int, kind: str) -> Iterator[Entry]:
    for name, primitive in layout.primitives.items():
        for block, where in layout.norm_slices(name).items():
            for norm in primitive.norms(layout.stride(block)):
                path = (f"cell{cell}", "norms", name, norm, kind)
                for row, edge in _statistics_rows(primitive, block, where):
                    yield Entry(f"cell{cell}/edge{edge}/{name}/{norm}_{kind}", path, row, (-1,))


def _statistics_rows(primitive, block: EdgeBlock, where: slice) -> Iterator[tuple[int, int]]:
    for i, edge in enumerate(block.rows):
        shared = i // len(block.targets) if primitive.per_source else i
        yield where.start + shared, edge


def _get(tree: Mapping[str, Any], path: tuple[str, ...]):
    for key in path:
        tree = tree[key]
    return tree
