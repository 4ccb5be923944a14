"""Exchange of a network's variables with the per-edge form that other DARTS codes use.

Per-edge names: ``stem/conv`` (ImageNet: ``stem/conv0`` ...), ``cell2/pre0/conv``,
``cell2/op5/sep_conv_3x3/dw1``, ``cell2/op5/sep_conv_3x3/bn1_scale``, ``aux/conv1``,
``aux/classifier/kernel``, ``classifier/bias``. Operations count in the order of the genotype's
edges. `per_edge.to_per_edge` and `per_edge.from_per_edge` read these entries as a supernet's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dartsx.kernels.channel_major.primitives import Primitive, lookup
from dartsx.kernels.plan import CellPlan
from dartsx.nn.cell_network import CellNetwork
from dartsx.nn.per_edge import (
    STATISTICS,
    Entry,
    affine_entries,
    batch_norm_statistics,
    classifier_entries,
    kernel_shape,
    preprocess_statistics,
    preprocess_weights,
)
from dartsx.nn.repeated_cells import name_of, runs


def weight_entries(network: CellNetwork) -> Iterator[Entry]:
    """Every weight array in the per-edge form; paths start inside ``params``."""
    for suffix, width in _stem_layers(network):
        path = ("stem", f"conv{suffix or 0}", "kernel")
        yield Entry(f"stem/conv{suffix}", path, None, (3, 3, -1, width))
        yield from affine_entries(f"stem/bn{suffix}", ("stem", f"bn{suffix or 0}"))
    yield from _placed(network, _cell_weights)
    if network.auxiliary:
        yield from _auxiliary_weights(network)
    yield from classifier_entries("classifier", ("classifier",), network.classes)


def statistics_entries(network: CellNetwork) -> Iterator[Entry]:
    """Every running statistic in the per-edge form; paths start inside ``batch_stats``."""
    for suffix, _ in _stem_layers(network):
        yield from batch_norm_statistics(f"stem/bn{suffix}", ("stem", f"bn{suffix or 0}"))
    yield from _placed(network, _cell_statistics)
    if network.auxiliary:
        for norm in _auxiliary_norms(network):
            yield from batch_norm_statistics(f"aux/{norm}", ("auxiliary", norm))


def _placed(network: CellNetwork, entries: Callable[[CellNetwork, int, CellPlan], Iterator[Entry]]) -> Iterator[Entry]:
    """The entries of all cells, those of repeated cells where their stacked arrays are."""
    plans = network.plans()
    for run in runs(plans):
        for i in run:
            for entry in entries(network, i, plans[i]):
                if len(run) > 1:
                    entry = entry._replace(path=(name_of(run), "cells", *entry.path[1:]), row=i - run[0])
                yield entry


def _cell_weights(network: CellNetwork, i: int, plan: CellPlan) -> Iterator[Entry]:
    yield from preprocess_weights(i, plan)
    for pre in ("pre0", "pre1"):
        yield from affine_entries(f"cell{i}/{pre}/bn", (f"cell{i}", pre, "bn"))
    for operation in _operations(network, i, plan):
        yield from _operation_weights(*operation, plan.channels)


def _cell_statistics(network: CellNetwork, i: int, plan: CellPlan) -> Iterator[Entry]:
    yield from preprocess_statistics(i)
    for name, path, primitive, stride in _operations(network, i, plan):
        for norm in _norms(primitive, stride):
            for kind in STATISTICS:
                yield Entry(f"{name}/{norm}_{kind}", (*path, "norms", "op", norm, kind), 0, (-1,))


def _stem_layers(network: CellNetwork) -> list[tuple[str, int]]:
    """(suffix of the name, output channels) of the stem's convolutions."""
    width = network.stem_channels()
    if network.stem == "cifar":
        return [("", width)]
    return [("0", width // 2), ("1", width), ("2", width)]


def _operations(network: CellNetwork, cell: int, plan: CellPlan):
    """(name, path, primitive, stride) of the cell's operations."""
    for k, edge in enumerate(network.genotype.cell(plan.cell_type).edges):
        primitive = lookup([edge.primitive])[edge.primitive]
        path = (f"cell{cell}", f"op{k}")
        yield f"cell{cell}/op{k}/{edge.primitive}", path, primitive, plan.stride(edge.source)


def _operation_weights(name, path, primitive, stride, channels) -> Iterator[Entry]:
    for key, weight in primitive.weights(channels, stride).items():
        yield Entry(f"{name}/{key}", (*path, "weights", key), None, kernel_shape(key, weight.shape))
    for norm in _norms(primitive, stride):
        for kind in ("scale", "bias"):
            yield Entry(f"{name}/{norm}_{kind}", (*path, f"{norm}_{kind}"), None, (-1,))


def _norms(primitive: Primitive, stride: int) -> tuple[str, ...]:
    """Norms in a network, where pools have none."""
    return () if primitive.per_source else primitive.norms(stride)


def _auxiliary_norms(network: CellNetwork) -> tuple[str, ...]:
    return ("bn1", "bn2") if network.stem == "cifar" else ("bn1",)


def _auxiliary_weights(network: CellNetwork) -> Iterator[Entry]:
    yield Entry("aux/conv1", ("auxiliary", "conv1", "kernel"), None, (1, 1, -1, 128))
    yield Entry("aux/conv2", ("auxiliary", "conv2", "kernel"), None, (2, 2, 128, 768))
    for norm in _auxiliary_norms(network):
        yield from affine_entries(f"aux/{norm}", ("auxiliary", norm))
    yield from classifier_entries("aux/classifier", ("auxiliary", "classifier"), network.classes)
