"""Edges in source-major order, and the layout of stacks of cells."""

import pytest

from dartsx.kernels.channel_major.edge_blocks import edge_blocks, source_major_rows
from dartsx.kernels.plan import output_channels, plan_cells, reduction_layers
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


def test_reductions_stand_at_one_and_two_thirds():
    assert reduction_layers(20) == (6, 13)
    assert reduction_layers(14) == (4, 9)
    assert reduction_layers(8) == (2, 5)


def test_widths_follow_reductions_and_concatenation():
    plans = plan_cells(4, 5, {"normal": 4, "reduce": 3}, stem_channels=12)
    assert [plan.channels for plan in plans] == [4, 8, 8, 16, 16]
    assert [plan.prev_prev for plan in plans] == [12, 12, 16, 24, 32]
    assert [plan.prev for plan in plans] == [12, 16, 24, 32, 48]
    assert [plan.reduction_prev for plan in plans] == [False, False, True, False, True]
    assert output_channels(plans, {"normal": 4, "reduce": 3}) == 64
    assert [plans[1].stride(source) for source in range(4)] == [2, 2, 1, 1]
    assert [plans[0].stride(source) for source in range(4)] == [1, 1, 1, 1]


@pytest.mark.parametrize(("channels", "layers"), [(0, 5), (4, 0)])
def test_empty_stacks_are_refused(channels, layers):
    with pytest.raises(ValueError, match="must be >= 1, got channels="):
        plan_cells(channels, layers, {"normal": 4, "reduce": 4}, 12)
