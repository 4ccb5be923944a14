"""Edges in source-major order, in blocks of sources with the same targets."""

import pytest

from dartsx.kernels.channel_major.edge_blocks import edge_blocks, source_major_rows
from dartsx.spaces import CellSpace


def test_blocks_of_the_darts_cell():
    blocks = edge_blocks(CellSpace().edges)
    assert [block.shape for block in blocks] == [(2, 4), (1, 3), (1, 2), (1, 1)]
    assert blocks[0].sources == (0, 1)
    assert blocks[1].targets == (3, 4, 5)
    assert [block.edges for block in blocks] == [
        slice(0, 8),
        slice(8, 11),
        slice(11, 13),
        slice(13, 14),
    ]


@pytest.mark.parametrize("num_nodes", [1, 2, 4, 5])
def test_source_major_rows_are_a_permutation_that_names_the_same_edges(num_nodes):
    edges = CellSpace(num_nodes=num_nodes).edges
    rows = source_major_rows(edges)
    assert sorted(rows) == list(range(len(edges)))
    for block in edge_blocks(edges):
        pairs = [(source, target) for source in block.sources for target in block.targets]
        assert [edges[row] for row in block.rows] == pairs
        assert rows[block.edges] == block.rows


def test_inputs_with_different_targets_form_blocks_of_their_own():
    blocks = edge_blocks(((0, 2), (1, 2), (1, 3), (2, 3)))
    assert [(block.sources, block.targets) for block in blocks] == [
        ((0,), (2,)),
        ((1,), (2, 3)),
        ((2,), (3,)),
    ]
