"""The places of a cell network's and of a topology network's arrays, see `dartsx.nn.places`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dartsx.kernels.channel_major.primitives import Primitive, lookup
from dartsx.kernels.plan import CellPlan
from dartsx.networks.step import Step
from dartsx.nn.places import (
    Part,
    Places,
    batch_norm,
    classifier,
    convolution,
    in_row,
    joined,
    numbered,
    operation,
    places_by_part,
    preprocessing,
)
from dartsx.nn.repeated_cells import name_of, runs
from dartsx.spaces import Genotype, Topology


def cell_network_places(genotype: Genotype, plans: Sequence[CellPlan], steps: Sequence[Step]) -> Places:
    """The places of the arrays of these steps, which are some or all of the description's."""
    runs_of = {i: run for run in runs(plans) for i in run}

    def part_of(name: str, members: Sequence[Step]) -> Part:
        if name == "classifier":
            return classifier(name)
        if name in ("stem", "auxiliary"):
            return numbered(members, name, start=int(name == "auxiliary"))
        cell, place = name.split("/")
        index = int(cell.removeprefix("cell"))
        run, plan = runs_of[index], plans[index]
        keys = (name_of(run),) if len(run) == 1 else (name_of(run), "cells")
        if place.startswith("pre"):
            part = preprocessing(members, *keys, place)
        else:
            edges = genotype.cell(plan.cell_type).edges
            table = lookup(edge.primitive for edge in edges)
            part = joined(
                operation(table[edge.primitive], plan.channels, plan.stride(edge.source), *keys, f"op{k}")
                for k, edge in enumerate(edges)
                if f"{edge.source}-{edge.node}" == place
            )
        return part if len(run) == 1 else in_row(part, index - run[0])

    return places_by_part(steps, part_of)


def topology_network_places(topology: Topology, primitives: Mapping[str, Primitive], steps: Sequence[Step]) -> Places:
    """The places of the arrays of these steps, which are some or all of the description's."""
    edges = topology.edges
    table = lookup((edge.primitive for edge in edges), primitives)

    def part_of(name: str, members: Sequence[Step]) -> Part:
        if name == "stem":
            return Part((convolution("stem_conv"),), (batch_norm("stem_bn"),))
        if name == "last_bn":
            return Part((), (batch_norm(name),))
        if name == "classifier":
            return classifier(name)
        if name.startswith("reduction"):
            kernels = (convolution(name, conv) for conv in ("conv0", "conv1", "shortcut"))
            return Part(tuple(kernels), tuple(batch_norm(name, norm) for norm in ("bn0", "bn1")))
        cell, place = name.split("/")
        channels = members[0].input_shapes[0][-1]
        return joined(
            operation(table[edge.primitive], channels, 1, cell, f"op{k}")
            for k, edge in enumerate(edges)
            if f"{edge.source}-{edge.node}" == place
        )

    return places_by_part(steps, part_of)
