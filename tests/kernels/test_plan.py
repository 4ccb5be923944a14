"""Widths and strides of stacks of cells."""

import pytest

from dartsx.kernels.plan import output_channels, plan_cells, reduction_layers


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
