"""Exchange of stacked weights and statistics with the per-edge form that other DARTS codes (and the golden files) use.

Per-edge names: ``stem/conv``, ``cell2/pre0/conv_a``, ``cell2/edge5/sep_conv_3x3/dw1``, ``cell2/edge5/sep_conv_3x3/bn1_mean``,
``classifier/bias``. Edges count node-major (the order of the alpha table); kernels are HWIO, depthwise [k, k, 1, C].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from dartsx.nn.blocks import EdgeBlock
from dartsx.nn.primitives import PRIMITIVES, lookup
from dartsx.nn.search_cell import CellLayout
from dartsx.nn.supernet import Supernet


class Entry(NamedTuple):
    """One per-edge array: its name, its place in the variables, the row there (None: all), and its shape."""

    name: str
    path: tuple[str, ...]
    row: int | None
    shape: tuple[int, ...]


def weight_entries(supernet: Supernet) -> Iterator[Entry]:
    """Every weight array of the supernet in the per-edge form; paths start inside ``params``."""
    width = supernet.stem_multiplier * supernet.channels
    yield Entry("stem/conv", ("stem_conv", "kernel"), None, (3, 3, -1, width))
    yield Entry("stem/bn_scale", ("stem_bn", "scale"), None, (-1,))
    yield Entry("stem/bn_bias", ("stem_bn", "bias"), None, (-1,))
    for i, plan in enumerate(supernet.plans()):
        for pre, reduce in (("pre0", plan.reduction_prev), ("pre1", False)):
            if reduce:
                half = (1, 1, plan.prev_prev, plan.channels // 2)
                for part in ("conv_a", "conv_b"):
                    path = (f"cell{i}", pre, "reduction", part)
                    yield Entry(f"cell{i}/{pre}/{part}", path, None, half)
            else:
                shape = (1, 1, -1, plan.channels)
                path = (f"cell{i}", pre, "conv", "kernel")
                yield Entry(f"cell{i}/{pre}/conv", path, None, shape)
        yield from _edge_weights(_layout(supernet, plan), i)
    yield Entry("classifier/kernel", ("classifier", "kernel"), None, (-1, supernet.classes))
    yield Entry("classifier/bias", ("classifier", "bias"), None, (-1,))


def statistics_entries(supernet: Supernet) -> Iterator[Entry]:
    """Every running statistic in the per-edge form; paths start inside ``batch_stats``."""
    for kind in ("mean", "var"):
        tail = ("norms", "norm", "bn", kind)
        yield Entry(f"stem/bn_{kind}", ("stem_bn", *tail), None, (-1,))
        for i, plan in enumerate(supernet.plans()):
            for pre in ("pre0", "pre1"):
                yield Entry(f"cell{i}/{pre}/bn_{kind}", (f"cell{i}", pre, "bn", *tail), None, (-1,))
            yield from _edge_statistics(_layout(supernet, plan), i, kind)


def to_per_edge(tree: Mapping[str, Any], entries: Iterator[Entry]) -> dict[str, np.ndarray]:
    """Stacked weights (or gradients, or statistics) as a flat dict of per-edge arrays."""
    arrays = {}
    for entry in entries:
        stacked = np.asarray(_get(tree, entry.path))
        row = stacked if entry.row is None else stacked[entry.row]
        arrays[entry.name] = row.reshape(entry.shape)
    return arrays


def from_per_edge(
    arrays: Mapping[str, np.ndarray], entries: Iterator[Entry], like: Mapping[str, Any]
) -> Any:
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
        if value.size != target.size:
            raise ValueError(f"{entry.name}: {value.shape} given, {target.shape} expected")
        target[...] = value.reshape(target.shape)
    return tree


def _layout(supernet: Supernet, plan) -> CellLayout:
    chosen = lookup(supernet.space.primitives, supernet.primitives or PRIMITIVES)
    return CellLayout(supernet.space.edges, chosen, plan)


def _edge_weights(layout: CellLayout, cell: int) -> Iterator[Entry]:
    for name in layout.primitives:
        spec, _ = layout.weights(name)
        for block, where in layout.weight_slices(name).items():
            for row, edge in enumerate(block.rows, where.start):
                for key, weight in spec.items():
                    shape = _kernel_shape(key, weight.shape)
                    label = f"cell{cell}/edge{edge}/{name}/{key}"
                    yield Entry(label, (f"cell{cell}", name, key), row, shape)


def _kernel_shape(key: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """HWIO: depthwise [k, k, C] and 1x1 kernels [C, D] gain their unit axes."""
    if key.startswith("dw"):
        return (*shape[:2], 1, shape[2])
    return (1, 1, *shape) if len(shape) == 2 else shape


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
