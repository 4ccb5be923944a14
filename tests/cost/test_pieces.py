"""Blocks of networks: the same in an open network and in those that it closes to, and nothing but work."""

import collections
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost.latency_table import expected_latency_of, latency_of
from dartsx.cost.measured_table import MeasuredTable
from dartsx.cost.pieces import pieces, whole
from dartsx.networks import Choice, Network, close, network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.open.place import exists
from dartsx.spaces import SPACES


class Guessed(dict):
    """A time of every block that is asked for, another one for each."""

    def get(self, block):
        return self.setdefault(block, 1 + math.sqrt(len(self)))


def guessed_table():
    return MeasuredTable("mine", Guessed(), 1, "float32", "any", "any")


SAMPLED = ("digit_chain", "proxyless_search", "fbnet", "tunas", "ofa")


@pytest.mark.parametrize("name", SAMPLED)
def test_blocks_that_exist_under_the_choices_are_those_of_the_closed_network(name):
    space, rng = SPACES[name], np.random.default_rng(0)
    found = pieces(space.description())
    for _ in range(2):
        arch = space.sample(rng)
        chosen = [str(close(block.shape, arch.choices)) for block in found if exists(block.place, arch.choices)]
        closed = pieces(space.network(arch))
        assert collections.Counter(chosen) == collections.Counter(str(block.shape) for block in closed)
        assert sum(block.shape.macs for block in closed) == space.network(arch).macs()


@pytest.mark.parametrize("name", SAMPLED)
def test_expected_latency_of_measured_blocks_is_exact_at_one_hot_mixtures(name):
    space, rng, table = SPACES[name], np.random.default_rng(1), guessed_table()
    expected = expected_latency_of(space.description(), table)
    for _ in range(3):
        arch = space.sample(rng)
        rows = space.encode(arch)["decisions"]
        exact = latency_of(space.network(arch), table)
        assert expected(lambda name, option, rows=rows: rows[space.entries[name, option]]) == pytest.approx(exact)


def test_expected_latency_of_measured_blocks_has_the_gradient_of_its_differences():
    space = SPACES["digit_chain"]
    expected = expected_latency_of(space.description(), guessed_table())

    def cost(rows):
        return expected(lambda name, option: rows[space.entries[name, option]])

    rng = np.random.default_rng(0)
    rows, step = rng.random(space.alpha_shapes["decisions"]), rng.standard_normal(space.alpha_shapes["decisions"])
    difference = (cost(rows + 1e-4 * step) - cost(rows - 1e-4 * step)) / 2e-4
    with jax.enable_x64(True):
        _, slope = jax.jvp(cost, (jnp.asarray(rows),), (jnp.asarray(step),))
    assert float(slope) == pytest.approx(difference, rel=1e-6)


def test_a_block_is_its_layers_and_what_costs_no_time_belongs_to_none():
    choice = Choice("op", {"k3": InvertedBottleneck(8, 2, kernel=3), "skip": None})
    stem, block, head = pieces(Network("x", (ConvNorm(8, 3),), ((choice,),), (Classifier(2),), "", 6))
    assert str(stem.shape) == "6x6x3; conv(8, 3x3, padding=1x1); norm; activation(relu)"
    assert str(block.shape).startswith("6x6x8; conv(16, 1x1") and str(block.shape).endswith("; norm; @0+8 add")
    assert block.name == "stage1/block0/k3"
    assert [exists(block.place, {"op": option}) for option in choice.labels] == [True, False]
    assert str(head.shape) == "6x6x8; globalpool; linear(2)"
    names = [type(op.layer).__name__ for op in whole(network("mobilenet_v2"), 64).ops]
    assert "Dropout" not in names and "DropPath" not in names and names[-1] == "Linear"
