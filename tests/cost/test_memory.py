"""Peak activation memory: the rules of the model one by one, and a small cell by hand."""

import pytest

from dartsx.cost import network_cost, steps_cost
from dartsx.cost.graph import Graph
from dartsx.networks import Trace
from dartsx.networks.layers import Conv, Input, Norm
from dartsx.nn import Network
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


def test_steps_inside_a_layer_form_a_chain():
    graph = Graph()
    graph.layer("a", graph.image(10), (4,), inner=(20, 30))
    assert memory(graph) == [20 + 30]


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
    rows = {row.name: row.memory for row in network_cost(Network(Genotype(cell, cell), 2, 1, 5), 4).rows}
    image, stem, pre, node = 3 * 16, 6 * 16, 4 * 16, 4 * 4
    assert rows == {
        "stem/conv": image + stem,
        "cell0/pre0": stem + pre,
        "cell0/pre1": stem + pre + pre,
        # The first of its four convolutions reads input 0, while input 1 waits.
        "cell0/op0/sep_conv_3x3": pre + pre + node,
        # The reduction reads input 1, while the node's first term waits.
        "cell0/op1/skip_connect": pre + node + node,
        "classifier": node + 4,
    }


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
