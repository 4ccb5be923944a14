"""Cells in a loop compute what the same cells one by one compute."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.catalog import NETWORK_REMAT
from dartsx.kernels.plan import plan_cells
from dartsx.nn import CellNetwork, cell_network, per_edge, per_edge_network
from dartsx.nn.repeated_cells import name_of, runs
from dartsx.spaces import Cell, Edge, Genotype

NORMAL = Cell((Edge("sep_conv_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
REDUCE = Cell((Edge("max_pool_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
IMAGES = np.random.default_rng(0).normal(size=(4, 8, 8, 3))
KEEP = 0.6
LAYERS = 11  # the fewest of which some are equal: 5 and 6, 9 and 10


def one_by_one(plans):
    return tuple(range(i, i + 1) for i in range(len(plans)))


def of_length(layers):
    return runs(plan_cells(36, layers, {"normal": 4, "reduce": 4}, 108))


def test_runs_are_the_longest_stretches_of_equal_cells():
    names = [name_of(run) for run in of_length(20)]
    assert names == ["cell0", "cell1", "cells2to5", "cell6", "cell7", "cells8to12", "cell13", "cell14", "cells15to19"]


@pytest.mark.parametrize("layers", [1, 3, 8, 20])
def test_runs_are_all_cells_in_order(layers):
    assert [i for run in of_length(layers) for i in run] == list(range(layers))


def outcome(net, variables, quick_jit):
    """Logits, activations, statistics and gradients, in the per-edge form; in training with drop path, and without."""
    masks = [np.random.default_rng(i).integers(0, 2, (2, len(IMAGES))) for i in range(LAYERS)]

    def loss(params):
        variables_ = {**variables, "params": params}
        logits, state = net.apply(
            variables_, jnp.asarray(IMAGES), True, 1 - KEEP, masks, mutable=["batch_stats", "intermediates"]
        )
        return jnp.sum(jnp.sin(logits.main)), (logits.main, state)

    @quick_jit
    def compute(params):
        gradient, (logits, state) = jax.grad(loss, has_aux=True)(params)
        evaluated = net.apply({"params": params, "batch_stats": state["batch_stats"]}, jnp.asarray(IMAGES), False).main
        return gradient, logits, state, evaluated

    gradient, logits, state, evaluated = jax.device_get(compute(variables["params"]))
    return {
        "logits": logits,
        "evaluated": evaluated,
        **{name: value[0] for name, value in state["intermediates"].items()},
        **per_edge.to_per_edge(gradient, per_edge_network.weight_entries(net)),
        **per_edge.to_per_edge(state["batch_stats"], per_edge_network.statistics_entries(net)),
    }


@pytest.mark.parametrize("remat", NETWORK_REMAT)
def test_a_loop_over_cells_changes_nothing(precision, quick_jit, monkeypatch, remat):
    with precision("float64"):
        net = CellNetwork(Genotype(NORMAL, REDUCE), 2, LAYERS, dtype=jnp.float64, remat=remat)
        variables = quick_jit(lambda key: net.init(key, jnp.asarray(IMAGES), True))(jax.random.key(0))
        variables = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), jax.device_get(variables))
        assert [run for run in runs(net.plans()) if len(run) > 1] == [range(5, 7), range(9, 11)]
        looped = outcome(net, variables, quick_jit)

        entries = (per_edge_network.weight_entries, per_edge_network.statistics_entries)
        groups = ("params", "batch_stats")
        arrays = [per_edge.to_per_edge(variables[group], of(net)) for group, of in zip(groups, entries, strict=True)]
        monkeypatch.setattr(cell_network, "runs", one_by_one)
        monkeypatch.setattr(per_edge_network, "runs", one_by_one)
        like = jax.eval_shape(lambda key: net.init(key, jnp.asarray(IMAGES), True), jax.random.key(0))
        variables = {
            group: per_edge.from_per_edge(values, of(net), like[group])
            for group, values, of in zip(groups, arrays, entries, strict=True)
        }
        plain = outcome(net.clone(remat="none"), variables, quick_jit)
    assert looped.keys() == plain.keys()
    for name, value in plain.items():
        np.testing.assert_allclose(looped[name], value, rtol=1e-9, atol=1e-11, err_msg=name)
