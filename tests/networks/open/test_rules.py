"""Derivation: the largest weight, the strongest sources, and the best path, each against enumeration."""

import itertools
import math

import numpy as np
import pytest

from dartsx.networks import Path, Pick
from dartsx.networks.open.rules import Argmax, BySource


def test_the_largest_weight_and_among_equal_ones_the_first():
    assert Argmax("c", ("a", "b", "c")).choose({"c": [0.2, 0.4, 0.4]}) == {"c": "b"}


def test_sources_are_picked_by_the_sum_of_their_options():
    rule = BySource("p", Pick("p", 2, (0, 1, 2, 3)).options)
    row = dict(zip([label for label, _ in rule.options], [0.3, 0.0, 0.05, 0.25, 0.2, 0.2], strict=True))
    # Sources 0 to 3 weigh 0.35, 0.75, 0.45, 0.45; the strongest set alone is 0+1.
    assert rule.choose({"p": list(row.values())}) == {"p": "1+2"}


@pytest.mark.parametrize(("layers", "levels"), [(1, 3), (2, 1), (4, 3), (6, 4)])
def test_viterbi_finds_the_best_of_all_paths(layers, levels):
    path = Path("p", layers, levels)
    rng = np.random.default_rng(0)
    names = [(n, moves) for layer in path.rule().steps for n, moves in layer]
    for _ in range(20):
        rows = {name: rng.dirichlet(np.ones(len(moves))).tolist() for name, moves in names}

        def product(route, rows=rows):
            steps = ((path.decision(i, a), b - a) for i, (a, b) in enumerate(itertools.pairwise(route)))
            moves = {(n, to - int(n.split("/")[2])): rows[n][k] for n, m in names for k, (_, to) in enumerate(m)}
            return math.prod(moves.get(step, 0) for step in steps)

        routes = [(0, *rest) for rest in itertools.product(range(levels), repeat=layers - 1)]
        assert path.chosen(path.rule().choose(rows)) == max(routes, key=product)


def test_a_path_of_weight_zero_is_not_taken():
    path = Path("p", 3, 2)
    rows = {"p/0/0": [1.0, 0.9], "p/1/0": [0.0, 0.0], "p/1/1": [0.5, 0.5]}
    assert path.chosen(path.rule().choose(rows)) == (0, 1, 0)
