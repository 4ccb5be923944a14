"""Costs of thousands of networks of a chain at once: tables of its blocks, summed by NumPy.

In a chain, blocks follow one another and hand on maps of known shapes, so that parameters and multiply-adds of a
network are sums over its blocks, and its peak memory is the largest of theirs, each with its input still alive. All are
exactly those of `network_cost` of the closed network.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from dartsx.cost.network import steps_cost, steps_peak
from dartsx.networks import Depth, Network, close
from dartsx.networks.layers import Conv, Input, Shape
from dartsx.networks.step import Step
from dartsx.networks.trace import Block, Trace

KINDS = ("params", "macs", "memory", "in_place")


class Counts(NamedTuple):
    """Costs of n networks, int64 [n] each.

    Attributes:
      params, macs, memory: as `dartsx.cost.counts` defines them.
      in_place: peak memory where depthwise convolutions of one block overwrite their input channel by channel
        (TinyEngine, arXiv:2007.10319, section 3.3; one channel of a buffer is left out).
    """

    params: np.ndarray
    macs: np.ndarray
    memory: np.ndarray
    in_place: np.ndarray


class Part(NamedTuple):
    """A block and its costs.

    Attributes:
      depth: the decision of how many blocks its stage has, and in which of its options this one is there; None for a
        block that always is.
      decisions: names of its own decisions.
      table: costs by kind, int64 [options of the first decision, of the second, ...].
    """

    depth: tuple[str, np.ndarray] | None
    decisions: tuple[str, ...]
    table: Mapping[str, np.ndarray]


def chain_parts(network: Network, image_shape: int | Shape | None = None) -> list[Part]:
    """Tables of all blocks of a chain whose widths between blocks are decided.

    Args:
      network: an open description: blocks with decisions of their own, and `Depth`s of such.
      image_shape: (height, width, channels) or one number for square images of 3 channels; None for its own.

    Raises:
      ValueError: a width between blocks is open.
    """
    image = network.trace(image_shape)[0].shape
    parts, shape, known = [], image, {}
    for depth, block in _blocks(network):
        if (block, shape) not in known:
            known[block, shape] = _tabulated(block, shape)
        decisions, table, after = known[block, shape]
        parts.append(Part(depth, decisions, table))
        shape = after
    return parts


def chain_counts(parts: list[Part], drawn: Mapping[str, np.ndarray]) -> Counts:
    """Costs of networks.

    Args:
      parts: the blocks.
      drawn: number of the chosen option by decision, int [n] each; options of blocks that are not there do not count.
    """
    count = len(next(iter(drawn.values())))
    totals = {kind: np.zeros(count, np.int64) for kind in KINDS}
    for part in parts:
        chosen = tuple(drawn[name] for name in part.decisions)
        there = 1 if part.depth is None else part.depth[1][drawn[part.depth[0]]]
        for kind in ("params", "macs"):
            totals[kind] += there * part.table[kind][chosen]
        for kind in ("memory", "in_place"):
            totals[kind] = np.maximum(totals[kind], there * part.table[kind][chosen])
    return Counts(**totals)


def _blocks(network: Network) -> Iterator[tuple[tuple[str, np.ndarray] | None, Block]]:
    """All blocks with the options of the depth under which they are there."""
    for block in itertools.chain(network.stem, *network.stages, network.head):
        if isinstance(block, Depth):
            options = np.array(block.options)
            yield from (((block.name, (options > i).astype(np.int64)), inner) for i, inner in enumerate(block.blocks))
        else:
            yield None, block


def _tabulated(block: Block, shape: Shape) -> tuple[tuple[str, ...], dict[str, np.ndarray], Shape]:
    """Decisions, costs by kind and output shape of a block alone."""
    decisions = _traced(block, shape).decisions
    options = [decision.options for decision in decisions.values()]
    table = {kind: np.zeros([len(labels) for labels in options], np.int64) for kind in KINDS}
    afters = set()
    for place in itertools.product(*(range(len(labels)) for labels in options)):
        labels = (given[i] for given, i in zip(options, place, strict=True))
        steps = _traced(close(block, dict(zip(decisions, labels, strict=True))), shape).steps
        cost = steps_cost(steps)
        costs = (cost.params, cost.macs, steps_peak(steps).freed, steps_peak(steps, _is_depthwise).freed)
        for kind, value in zip(KINDS, costs, strict=True):
            table[kind][place] = value
        afters.add(steps[-1].shape)
    if len(afters) > 1:
        raise ValueError(f"decisions {', '.join(decisions)} change the shape between blocks: {sorted(afters)}")
    return tuple(decisions), table, afters.pop()


def _traced(block: Block, shape: Shape) -> Trace:
    trace = Trace()
    trace.block(block, trace.add(Input(shape), name="input"), "block")
    return trace


def _is_depthwise(step: Step) -> bool:
    return isinstance(step.layer, Conv) and step.layer.groups == step.input_shapes[0][-1] > 1
