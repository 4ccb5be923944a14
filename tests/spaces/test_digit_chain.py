"""The chains that are examples: decisions, sizes, and networks at their ends."""

from dartsx.spaces import SPACES, Choices
from dartsx.spaces.members import member

SPACE = SPACES["digit_chain"]


def test_the_count_by_hand():
    # A position: two kernels of two expansions, or nothing. Three depths of each half, three widths of each.
    half = 3 * (5 + 5**2 + 5**3)
    assert SPACE.count() == half**2


def test_the_smallest_and_the_largest_network():
    least = {"width1": "6", "depth1": "1", "op1": "skip", "width2": "12", "depth2": "1", "op4": "skip"}
    # Stem, convolution of stride 2 (both with batch norm) and classifier.
    plain = 27 * 6 + 12 + 9 * 6 * 12 + 24 + 130
    assert SPACE.network(Choices(least)).params() == plain

    def bottleneck(c):
        return c * 3 * c + 6 * c + 25 * 3 * c + 6 * c + 3 * c * c + 2 * c

    most = {"width1": "12", "depth1": "3", "width2": "24", "depth2": "3"}
    most |= {f"op{i}": "k5" for i in range(1, 7)} | {f"expansion{i}": "3" for i in range(1, 7)}
    plain = 27 * 12 + 24 + 9 * 12 * 24 + 48 + 250
    assert SPACE.network(Choices(most)).params() == plain + 3 * bottleneck(12) + 3 * bottleneck(24)


def test_the_chain_for_cifar_has_four_blocks_at_a_position_or_nothing_where_the_shape_stays():
    space, mobile = SPACES["cifar_chain"], member("cifar_chain:MobileNetV2")
    assert space.count() == 4**3 * 5**6
    assert space.network(mobile).macs() == 3_607_296
    assert space.derive(space.encode(mobile)) == mobile
