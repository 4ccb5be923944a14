"""Auto-DeepLab's space: its size, the network that its authors found, and paths derived against enumeration."""

import itertools

import numpy as np
import pytest

from dartsx.networks import network
from dartsx.networks.auto_deeplab import CELL, FILTERS, PATH
from dartsx.networks.difference import same_layers
from dartsx.spaces import Scale, named_space, resolve_genotype
from dartsx.spaces.auto_deeplab import architecture


@pytest.fixture(scope="module")
def space():
    return named_space("auto_deeplab")


def test_there_are_as_many_cells_and_paths_as_the_paper_says(space):
    cells, rest = divmod(space.count(), 28_657)
    assert rest == 0 and cells == (2 * 3 * 4 * 5 * 6 * 8**5) ** 2 and f"{cells:.1e}" == "5.6e+14"


def test_the_network_of_the_paper_is_a_member(space):
    found, label = resolve_genotype("auto_deeplab:Auto-DeepLab")
    assert found == architecture(PATH, CELL) and label == "auto_deeplab:Auto-DeepLab"
    for name, params in {"auto_deeplab_s": 10_147_427, "auto_deeplab_l": 44_424_691}.items():
        closed = space.network(found, Scale(FILTERS[name], classes=19, image_size=512))
        assert closed.params() == params
        assert same_layers(closed, network(name), 512)


def test_the_derived_path_is_the_best_of_all():
    """By the product of its weights, in a mixture under which going for the best next place goes wrong."""
    space = named_space("auto_deeplab_scenes")
    rng = np.random.default_rng(0)
    paths = [
        path
        for path in itertools.product(range(3), repeat=2)
        if all(abs(after - level) < 2 for level, after in itertools.pairwise((0, *path)))
    ]
    assert len(paths) == 5
    names = {name: (row, decision.options) for row, (name, decision) in enumerate(space.decisions.items())}
    steps = {"up": -1, "keep": 0, "down": 1}
    greedy = 0
    for _ in range(20):
        mixture = rng.random(space.alpha_shapes["decisions"])

        def weight(path, mixture=mixture):
            total = 1.0
            for layer, (level, after) in enumerate(itertools.pairwise((0, *path))):
                row, options = names[f"path/{layer}/{level}"]
                total *= mixture[row, [steps[o] for o in options].index(after - level)]
            return total

        chosen, level, derived = space.derive({"decisions": mixture}).choices, 0, []
        for layer in range(2):
            level += steps[chosen[f"path/{layer}/{level}"]]
            derived.append(level)
        best = max(paths, key=weight)
        assert tuple(derived) == best
        row, options = names["path/0/0"]
        greedy += best[0] != steps[options[int(np.argmax(mixture[row, :2]))]]
    assert greedy
