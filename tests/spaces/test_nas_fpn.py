"""The space of feature pyramids: its size, the published one, and the supernet of those with given levels."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from closing import closed_variables

from dartsx.networks import close, network
from dartsx.nn import supernet_of
from dartsx.nn.described import DescribedNetwork
from dartsx.spaces import SPACES, resolve_genotype
from dartsx.spaces.graphs import nas_fpn as module
from dartsx.spaces.graphs.nas_fpn import small_given_levels

SCALE = dataclasses.replace(small_given_levels.scale, channels=4, layers=1, classes=3, image_size=32)


def test_counts():
    pairs = 10 * 15 * 21 * 28 * 36 * 45 * 55
    assert SPACES["nas_fpn"].count() == module.count() == pairs * 2**7 * 4**2 * 120 == 1_931_334_451_200_000
    assert small_given_levels.count() == pairs * 2**7


def test_the_published_pyramid_is_an_architecture():
    arch, label = resolve_genotype("nas_fpn:NAS-FPN")
    assert label == "nas_fpn:NAS-FPN"
    assert SPACES["nas_fpn"].network(arch) == network("retinanet_nas_fpn")
    assert SPACES["nas_fpn"].derive(SPACES["nas_fpn"].encode(arch)) == arch


def test_pyramids_of_given_levels_are_architectures_of_the_whole_space():
    rng = np.random.default_rng(0)
    for _ in range(5):
        arch = small_given_levels.sample(rng)
        whole = module.with_levels(arch.choices)
        assert SPACES["nas_fpn_small"].network(whole, SCALE) == small_given_levels.network(arch, SCALE)


def test_the_supernet_at_one_hot_mixtures_is_the_network():
    """Two random pyramids, with maps that nothing reads, in float64."""
    rng, key = np.random.default_rng(0), jax.random.key(0)
    options = {"channels": SCALE.channels, "layers": SCALE.layers, "classes": SCALE.classes}
    opened = small_given_levels.description(SCALE)
    with jax.enable_x64(True):
        images = jax.random.normal(key, (1, 32, 32, 3), jnp.float64)
        supernet = supernet_of(small_given_levels, dtype=jnp.float64, **options)
        mixture = {"decisions": jnp.zeros(small_given_levels.alpha_shapes["decisions"])}
        variables = jax.jit(lambda: supernet.init(key, images[:, :16, :16], mixture, False))()
        apply = jax.jit(lambda mixture: supernet.apply(variables, images, mixture, False))
        for _ in range(2):
            arch = small_given_levels.sample(rng)
            made = apply({"decisions": jnp.asarray(small_given_levels.encode(arch)["decisions"])})
            closed = DescribedNetwork(close(opened, arch.choices), jnp.float64)
            own = closed_variables(small_given_levels, opened, variables, arch.choices)
            expected = jax.jit(closed.apply, static_argnums=2)(own, images, False).main
            np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-9)
