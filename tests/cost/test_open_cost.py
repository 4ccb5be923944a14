"""Expected costs of open descriptions: exact at one-hot mixtures, the mean over architectures elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import expected_cost, network_cost
from dartsx.cost.open import ADDITIVE, expected_cost_of
from dartsx.networks import close
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.spaces import DescribedSpace, Scale


def weigh(space, table):
    """(decision, option) -> entry of a mixture."""
    rows = dict(zip(space.decisions, table, strict=True))
    return lambda name, option: rows[name][space.decisions[name].options.index(option)]


@pytest.mark.parametrize("kind", ADDITIVE)
@pytest.mark.parametrize("name", ["chain", "graph", "trellis", "nested", "grouped"])
def test_at_a_one_hot_mixture_it_is_the_cost_of_the_closed_network(name, kind, open_networks):
    network = open_networks[name]()
    space = DescribedSpace(network, Scale(classes=3))
    expected = expected_cost_of(network, 8, kind)
    rng = np.random.default_rng(0)
    for _ in range(20):
        architecture = space.sample(rng)
        given = expected(weigh(space, space.encode(architecture)["decisions"]))
        assert given == getattr(network_cost(close(network, architecture.choices), 8), kind)


def test_elsewhere_it_is_the_mean_over_independent_decisions(open_networks):
    network = open_networks["nested"]()
    space = DescribedSpace(network, Scale(classes=3))
    expected = expected_cost_of(network, 8)
    rng = np.random.default_rng(1)
    table = rng.random(space.alpha_shapes["decisions"])
    for row, decision in zip(table, space.decisions.values(), strict=True):
        row[len(decision.options) :] = 0
        row /= row.sum()
    total, chance = 0.0, 0.0
    for choices in _all(space):
        weights = [
            table[row][space.decisions[name].options.index(choices[name])]
            for row, name in enumerate(space.decisions)
            if name in choices
        ]
        chance += np.prod(weights)
        total += np.prod(weights) * expected(weigh(space, space.encode(space.architecture(choices))["decisions"]))
    assert chance == pytest.approx(1)
    assert expected(weigh(space, table)) == pytest.approx(total, rel=1e-12)


def _all(space):
    """All assignments of the decisions that count."""

    def extend(chosen, left):
        if not left:
            yield chosen
            return
        (name, decision), *rest = left
        for option in decision.options if decision.active(chosen) else (None,):
            yield from extend(chosen if option is None else {**chosen, name: option}, rest)

    return list(extend({}, list(space.decisions.items())))


def test_it_has_a_derivative_in_the_mixture(open_networks, x64):
    network = open_networks["chain"]()
    space = DescribedSpace(network, Scale(classes=3))
    expected = expected_cost_of(network, 8)
    table = jnp.asarray(np.random.default_rng(2).random(space.alpha_shapes["decisions"]))

    def of(table):
        return expected(weigh(space, table))

    gradient = jax.grad(of)(table)
    moved = (of(table.at[0, 0].add(1.0)) - of(table)).item()
    assert gradient[0, 0] == pytest.approx(moved, rel=1e-9)  # linear in every row
    assert moved != 0


def test_memory_is_refused_by_name(open_networks):
    with pytest.raises(ValueError, match="'memory'.*params, macs, activations"):
        expected_cost_of(open_networks["chain"](), 8, "memory")


def test_the_cost_of_a_supernets_mixture_is_that_of_its_description(open_networks):
    network = open_networks["chain"]()
    space = DescribedSpace(network, Scale(classes=3))
    table = np.random.default_rng(3).random(space.alpha_shapes["decisions"])
    of_mixture = expected_cost(OpenSupernet(space), 8, "params")
    assert of_mixture({"decisions": table}) == expected_cost_of(network, 8, "params")(weigh(space, table))
