"""Spaces of graphs: counts of the papers and exact ones, published cells as members."""

import numpy as np
import pytest

from dartsx.networks import nasnet as released_nasnet
from dartsx.networks.blocks.cell import Cell, Design, Pair
from dartsx.networks.description import Network
from dartsx.spaces import SPACES, Choices, GenotypeError, from_json, resolve_genotype, to_json
from dartsx.spaces.graphs import amoebanet, dag, enas_micro, nas_conv, nasnet
from dartsx.spaces.graphs.pairs import CELLS, cells_count, design
from dartsx.spaces.members import MEMBERS


def test_counts_of_cells():
    assert nasnet.two_inputs_count(5, 2, 5) == 320_000_000_000
    assert nasnet.nasnet.count() == cells_count(13, 2, 5) ** 2 == (720**2 * 338**5) ** 2
    assert amoebanet.amoebanet.count() == cells_count(8, 1, 5) ** 2 == (720**2 * 64**5) ** 2
    assert enas_micro.enas_micro.count() == (720**2 * 25**5) ** 2
    assert enas_micro.papers_count() == 600**4  # 1.3e11


def test_counts_of_layers_with_anchors():
    assert nas_conv.nas_conv.count() == nas_conv.count(15) == 2**195
    assert nas_conv.space(2).count() == len(list(nas_conv.space(2))) == 64**2 * 2
    assert nas_conv.count(15, strides=3) == 9**15 * 2**195


@pytest.mark.parametrize("most", [1, 2])
def test_counts_of_whole_networks_by_enumeration(most):
    space = dag.space(most)
    assert len({str(arch) for arch in space}) == space.count() == dag.count(most)
    assert dag.dag.count() == dag.count(6)


@pytest.mark.parametrize("name", ["nasnet:NASNet-A", "nasnet:PNASNet-5", "amoebanet:AmoebaNet-A"])
def test_published_cells_are_members(name):
    space, (arch, label) = SPACES[MEMBERS[name]], resolve_genotype(name)
    space.validate(arch)
    assert label == name and space.derive(space.encode(arch)) == arch
    assert from_json(to_json(arch)) == arch


def test_a_members_cells_are_the_published_ones_but_for_what_the_release_concatenates_besides():
    cells = [design(nasnet.MEMBERS["NASNet-A"].choices, cell, 5) for cell in CELLS]
    both, besides = (released_nasnet.NORMAL, released_nasnet.REDUCE), ((1,), (3,))
    for cell, released, more in zip(cells, both, besides, strict=True):
        assert cell.blocks == released.blocks and (*more, *cell.concat) == released.concat
    network = nasnet.nasnet.network(nasnet.MEMBERS["NASNet-A"], nasnet.MOBILE)
    assert network.stages[0] == (Cell(cells[0], 44),) * 4


def test_blocks_may_concatenate():
    pairs = (Pair("identity", 0, "identity", 1, "concat"), Pair("sep_conv_3x3", 2, "identity", 0, "concat"))
    steps = Network("x", (Cell(Design(pairs, (2, 3)), 6),), (), (), "", 8).trace()
    assert steps[-1].shape == (8, 8, 12)  # of two states of 12 channels, each brought to 6
    with pytest.raises(ValueError, match="unknown combination 'mul'"):
        Design((Pair("identity", 0, "identity", 1, "mul"),), (2,))


def test_graphs_join_maps_of_different_sizes():
    chosen = {"nodes": "2", "node1/op": "pool", "node1/inputs": "0", "node2/op": "conv_3x3", "node2/width": "32"}
    network = dag.dag.network(Choices(chosen | {"node2/inputs": "0+1"}))
    assert network.params() == 27 * 16 + 32 + 9 * 32 * 32 + 64 + 330
    assert {step.shape[:2] for step in network.trace() if "node2" in step.name} == {(16, 16)}
    with pytest.raises(GenotypeError, match="node1/width counts only if node1/op=conv_3x3"):
        dag.dag.architecture(chosen | {"node2/inputs": "0+1", "node1/width": "16"})


def test_anchors_read_layers_and_what_none_reads_is_the_result():
    space = nas_conv.space(3)
    sizes = {f"layer{i}/{part}": value for i in (1, 2, 3) for part, value in (("height", "1"), ("width", "3"))}
    sizes |= {"layer1/filters": "24", "layer2/filters": "36", "layer3/filters": "48"}
    anchors = {"layer2/anchor1": "no", "layer3/anchor1": "yes", "layer3/anchor2": "no"}
    network = space.network(space.architecture(sizes | anchors))
    convolutions = 9 * 24 + 48 + 9 * 36 + 72 + 3 * 24 * 48 + 96
    assert network.params() == convolutions + (36 + 48 + 1) * 10


def test_graphs_are_drawn_and_changed():
    rng = np.random.default_rng(0)
    for name in ("dag", "nas_conv", "enas_micro"):
        arch = SPACES[name].sample(rng)
        assert SPACES[name].network(arch).params() > 0
