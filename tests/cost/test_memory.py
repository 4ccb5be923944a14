"""Peak activation memory: the rules of the model one by one, and a small cell by hand."""

import pytest

from dartsx.cost import network_cost, steps_cost
from dartsx.cost.graph import Graph, Peak
from dartsx.networks import Trace
from dartsx.networks.layers import Conv, Input, Norm
from dartsx.nn import CellNetwork
from dartsx.spaces import Cell, Edge, Genotype


def memory(graph):
    return [row.memory for row in graph.cost().rows]


def test_a_layer_lives_with_its_input_and_with_what_is_read_later():
    graph = Graph()
    x = graph.image(10)
    a = graph.layer("a", x, (20,))
    b = graph.layer("b", a, (30,))
    graph.layer("c", b + a, (5,))  # reads both: a stays while b is made
    graph.layer("d", b, (1,))
    assert memory(graph) == [10 + 20, 20 + 30, 20 + 30 + 5, 30 + 1]


@pytest.mark.parametrize(("read_again", "expected"), [(False, 7 + 50), (True, 7 + 60)])
def test_a_layer_of_several_steps_has_the_peak_that_its_input_allows(read_again, expected):
    graph = Graph()
    x, other = graph.image(10), graph.image(7)
    y = graph.layer("a", x, (4,), peak=Peak(freed=50, kept=60))
    graph.layer("end", other + y + (x if read_again else ()), (1,))
    assert memory(graph)[0] == expected


@pytest.mark.parametrize(("read_again", "expected"), [(False, 8 + 8), (True, 8 + 8 + 8)])
def test_a_sum_takes_the_place_of_a_term_that_nobody_reads_any_more(read_again, expected):
    graph = Graph()
    x = graph.image(8)
    y = graph.layer("y", x, (8,))
    total = graph.combine(x, y)
    graph.layer("end", total + (x + y if read_again else ()), (1,))
    assert graph.cost().rows[0].memory == expected


def test_a_concatenation_is_its_parts_also_as_a_term_of_a_sum():
    graph = Graph()
    x = graph.image(8)
    parts = graph.layer("a", x, (4,)) + graph.layer("b", x, (4,))
    total = graph.combine(x, parts)
    graph.layer("end", total, (1,))
    assert memory(graph) == [8 + 4, 8 + 4 + 4, 8 + 1]


def test_a_factor_that_is_smaller_does_not_hold_the_product():
    graph = Graph()
    x = graph.image(8)
    y = graph.layer("y", x, (8,))
    gate = graph.layer("gate", y, (2,))
    graph.layer("end", graph.combine(y, gate) + x, (1,))
    assert memory(graph) == [16, 8 + 8 + 2, 8 + 8 + 1]


def test_a_cell_by_hand():
    # 2 channels, 4x4 pixels, one node; the first of one cell reduces: its node has 4 channels on 2x2 pixels.
    cell = Cell((Edge("sep_conv_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
    rows = {
        row.name: row.memory for row in network_cost(CellNetwork(Genotype(cell, cell), 2, 1, 5).description, 4).rows
    }
    image, stem, pre, node = 3 * 16, 6 * 16, 4 * 16, 4 * 4
    assert rows == {
        "stem/conv": image + stem,
        "cell0/pre0/conv": stem + pre,
        "cell0/pre1/conv": stem + pre + pre,
        # The first of four convolutions reads input 0, while input 1 waits.
        "cell0/0-2/depthwise1": pre + pre + node,
        **dict.fromkeys(("cell0/0-2/pointwise1", "cell0/0-2/depthwise2", "cell0/0-2/pointwise2"), pre + node + node),
        # The halves of the reduction read input 1, while the node's first term waits.
        "cell0/1-2/even": pre + node + node // 2,
        "cell0/1-2/odd": pre + node + node,
        "cell0/1-2/reduction_norm": node + node,
        "classifier/globalpool": node + 4,
        "classifier/classifier": 4 + 5,
    }


# What blocks compute, written down by hand: tensor, numbers in it, what it reads; x is the source.
C, PIXELS = 4, 16
PROGRAMS = {
    "basic_block": (("conv1", C * PIXELS, "x"), ("conv2", C * PIXELS, "conv1"), ("sum", C * PIXELS, "x conv2")),
    "se_bottleneck": (
        ("conv1", C // 2 * PIXELS, "x"),
        ("conv2", C // 2 * PIXELS, "conv1"),
        ("conv3", C * PIXELS, "conv2"),
        ("pooled", C, "conv3"),
        ("squeezed", 1, "pooled"),
        ("excited", C, "squeezed"),
        ("gated", C * PIXELS, "conv3 excited"),
        ("sum", C * PIXELS, "x gated"),
    ),
    "shuffle_v2": (
        ("pointwise1", C // 2 * PIXELS, "x"),
        ("depthwise", C // 2 * PIXELS, "pointwise1"),
        ("pointwise2", C // 2 * PIXELS, "depthwise"),
        ("shuffled", C * PIXELS, "x pointwise2"),  # the half that is kept lies in x
    ),
}
OVERWRITE = ("gated", "sum", "node")


def most_alive(program, given):
    """The most numbers alive at once, by brute force: a tensor is, from its step to the last that reads it."""
    sizes = given | {name: size for name, size, _ in program}
    last = {name: max(k for k, (made, _, reads) in enumerate(program) if name in (made, *reads)) for name in sizes}
    born = dict.fromkeys(given, -1) | {name: k for k, (name, *_) in enumerate(program)}
    totals = []
    for k, (name, size, reads) in enumerate(program):
        alive = [tensor for tensor in sizes if born[tensor] <= k <= last[tensor]]
        if name.split()[0] in OVERWRITE and any(last[read] == k and sizes[read] == size for read in reads):
            alive.remove(name)
        totals.append(sum(sizes[tensor] for tensor in alive))
    return max(totals)


@pytest.mark.parametrize("first", PROGRAMS)
@pytest.mark.parametrize("second", PROGRAMS)
@pytest.mark.parametrize("sources", [(0, 1), (0, 0)])
def test_blocks_with_branches_hold_what_their_layers_do(first, second, sources):
    # The first of four cells keeps its size: node 2 = first(x0) + second(x1 or x0); the next cell reads the stem too.
    names = (first, second)
    cell = Cell(tuple(Edge(name, source, 2) for name, source in zip(names, sources, strict=True)), (2,))
    rows = network_cost(CellNetwork(Genotype(cell, cell), C, 4, 5).description, 4).rows
    counted = max(row.memory for row in rows if "-2/" in row.name and row.name.startswith("cell0/"))
    program = [
        (f"{tensor} {i}", size, [f"x{sources[i]}" if read == "x" else f"{read} {i}" for read in reads.split()])
        for i, name in enumerate(names)
        for tensor, size, reads in PROGRAMS[name]
    ]
    results = [f"{PROGRAMS[name][-1][0]} {i}" for i, name in enumerate(names)]
    program += [("node", C * PIXELS, results), ("next cell", 0, ["stem", "node"])]
    given = {f"x{source}": C * PIXELS for source in sources} | {"stem": 3 * C * PIXELS}
    assert counted == most_alive(program, given)


def test_a_norm_belongs_to_its_convolution_or_stands_alone():
    trace = Trace()
    x = trace.add(Input((2, 2, 4)))
    y = trace.norm(trace.conv(x, 8, 1, name="conv"))
    trace.add(Norm(), trace.sum(y, trace.conv(y, 8, 1, name="other")), name="last")
    rows = steps_cost(trace.steps).rows
    assert [(row.name, row.params) for row in rows] == [("conv", 32 + 16), ("other", 64), ("last", 16)]
    # The norm of a sum works in place.
    assert [row.memory for row in rows] == [16 + 32, 32 + 32, 32]


def test_an_unnormalised_layer_is_counted_alone():
    trace = Trace()
    trace.add(Conv(8, (1, 1), bias=True), trace.add(Input((2, 2, 4))), name="conv")
    (row,) = steps_cost(trace.steps).rows
    assert (row.params, row.macs, row.activations, row.shape) == (40, 128, 32, (2, 2, 8))
