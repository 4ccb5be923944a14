"""The scripts of examples/ run, at tiny size."""

import pytest

from dartsx.spaces import Genotype
from examples import own_space, plain_convolutions, search_step, whole_methods


@pytest.fixture(autouse=True)
def quick(monkeypatch, quick_options):
    """Compiles all programs of a script quickly and badly."""
    monkeypatch.setattr("dartsx.runtime.compiling.options_of", lambda backend: quick_options)


def test_a_search_step_by_hand():
    assert isinstance(search_step.main(steps=3, nodes=1), Genotype)


def test_methods_run_whole():
    found = whole_methods.main(epochs=1, nodes=1, max_steps=3, channels=2, chunk_steps=3)
    assert list(found) == ["p_darts", "darts_pt"]
    for result in found.values():
        assert isinstance(result.architecture, Genotype)
        assert set(result.valid) == {"loss", "accuracy"} and result.seconds > 0


def test_a_space_of_ones_own_is_searched_and_its_network_trained():
    cells, values = own_space.main(search_epochs=1, epochs=2, channels=4, max_steps=3, chunk_steps=3)
    assert isinstance(cells, Genotype)
    assert values["accuracy"] > 0.3


def test_the_example_of_compared_spaces_has_a_part_whose_widths_do_not_fall():
    whole, part = plain_convolutions.any_widths, plain_convolutions.rising_widths
    assert (whole.count(), part.count()) == (8**3, 4 * 5 * 6 // 6 * 2**3)
    assert part.enclosing is whole
    for architecture in part:
        whole.validate(architecture)
