"""One argument says for which backend a program is made; who gives it asks no machine."""

import jax
import jax.numpy as jnp
import pytest

from dartsx.catalog import REMAT
from dartsx.kernels import choice
from dartsx.kernels.channel_major import convolution, separable_forms
from dartsx.kernels.choice import BACKENDS, Forms
from dartsx.kernels.pixel_major import grouped
from dartsx.networks import Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.nn import CellNetwork, DescribedNetwork, Supernet, TopologyNetwork, TopologySupernet
from dartsx.spaces import Cell, CellSpace, Edge, Genotype, TopologySpace, topology_from_string

CELL = Cell((Edge("sep_conv_3x3", 0, 2), Edge("inverted_3x3", 1, 2)), (2,))
TOPOLOGIES = TopologySpace(("none", "skip_connect", "nor_conv_3x3"), ((0, 1),))
DESCRIPTION = Network(
    "small", (ConvNorm(4, 3),), ((InvertedBottleneck(4, 2),),), (Classifier(3),), source="a test", image_size=8
)
CELLS = CellSpace(primitives=("none", "skip_connect", "sep_conv_3x3"), num_nodes=2)
MODULES = {
    "supernet": lambda backend: Supernet(CELLS, 2, 3, backend=backend),
    "topologies": lambda backend: TopologySupernet(TOPOLOGIES, 2, 1, backend=backend),
    "cells": lambda backend: CellNetwork(Genotype(CELL, CELL), 4, 3, auxiliary=False, backend=backend),
    "topology": lambda backend: TopologyNetwork(topology_from_string("|nor_conv_3x3~0|"), 2, 1, backend=backend),
    "described": lambda backend: DescribedNetwork(DESCRIPTION, backend=backend),
}


def program(module):
    """Text of the lowered derivative of a pass in training."""
    images = jnp.zeros((2, 8, 8, 3))
    space = getattr(module, "space", None)
    mixture = () if space is None else ({name: jnp.zeros(shape) for name, shape in space.alpha_shapes.items()},)
    variables = jax.eval_shape(lambda key: module.init(key, images, *mixture, train=True), jax.random.key(0))

    def loss(params, variables):
        given = variables | {"params": params}
        outputs, _ = module.apply(given, images, *mixture, train=True, mutable=["batch_stats"])
        return jnp.sum(getattr(outputs, "main", outputs))

    return jax.jit(jax.grad(loss)).lower(variables["params"], variables).as_text()


@pytest.mark.parametrize("name", MODULES)
def test_who_names_the_backend_asks_no_machine(name, monkeypatch):
    here, cpu, gpu = (program(MODULES[name](backend)) for backend in (None, "cpu", "gpu"))
    assert here == cpu != gpu

    def fail():
        raise AssertionError("asked for the default backend")

    monkeypatch.setattr(jax, "default_backend", fail)
    for backend, text in (("cpu", cpu), ("gpu", gpu)):
        jax.clear_caches()
        assert program(MODULES[name](backend)) == text


def test_the_choices_of_every_backend_exist():
    for backend in BACKENDS:
        forms = Forms(backend)
        assert forms.dense() in convolution.FORMS
        assert all(forms.separable(channels, 32) in separable_forms.FORMS for channels in (4, 64, 256))
        assert all(forms.grouped((size, size, 2, 8), 4) in grouped.FORMS for size in (1, 3, 7))
        assert {choice.supernet_remat(backend), choice.network_remat(backend)} <= set(REMAT)


def test_the_form_that_is_asked_for_is_taken_everywhere():
    for backend in (None, *BACKENDS):
        assert Forms(backend, "plain").separable(4, 8) == Forms(backend, "plain").grouped((3, 3, 1, 8), 8) == "plain"


def test_grouped_forms_go_by_backend_and_size():
    form = choice.grouped_form
    assert form("gpu", (3, 3, 1, 8), 8) == form("cpu", (3, 3, 8, 8), 1) == "plain"
    assert form("cpu", (5, 5, 1, 8), 8) == form("cpu", (3, 3, 2, 8), 4) == "taps"
    assert form("cpu", (7, 7, 1, 8), 8) == "plain" and form("cpu", (7, 7, 2, 8), 4) == "dense"


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="unknown backend 'cuda'; allowed: cpu, gpu, tpu"):
        choice.backend_of("cuda")
