"""The primitives of NAS-Bench-201's and RobustDARTS's spaces that the golden files do not have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.primitives import PRIMITIVES, TOPOLOGY_PRIMITIVES, Block


def by_taps(x, kernel, stride):
    """ReLU and convolution by definition: x [C, N, H, W], kernel [k, k, C, D] -> [D, N, H', W']."""
    pad = len(kernel) // 2
    padded = np.pad(np.maximum(x, 0), [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    height, width = x.shape[2:]
    return sum(
        np.einsum("cnhw,cd->dnhw", padded[:, :, i : i + height, j : j + width], kernel[i, j])[..., ::stride, ::stride]
        for i in range(len(kernel))
        for j in range(len(kernel))
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_nor_convs_are_relu_and_convolution(x64, stride):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 2, 5, 4))
    members = {name: PRIMITIVES[name] for name in ("nor_conv_3x3", "nor_conv_1x1")}
    weights = {
        name: {key: rng.normal(size=(2, 3, *weight.shape)) for key, weight in member.weights(3, stride).items()}
        for name, member in members.items()
    }
    block = Block(jnp.array(x), 3, jax.tree.map(jnp.array, weights), stride, Norms(None))
    for branch in members["nor_conv_3x3"].evaluate(members, block):
        (name,), kernels = branch.names, weights[branch.names[0]]["conv"]
        assert branch.norm == "always" and members[name].norms(stride) == ("bn",)
        wanted = [[by_taps(x[g], kernels[g, t], stride) for t in range(3)] for g in range(2)]
        np.testing.assert_allclose(branch.value[0], wanted, rtol=1e-11, atol=1e-12)


def noise(x, stride=1):
    member = {"noise": PRIMITIVES["noise"]}
    (branch,) = member["noise"].evaluate(member, Block(x, 2, {}, stride, Norms(None)))
    return branch.value[0]


def test_noise_carries_nothing_of_its_source():
    x = jax.random.uniform(jax.random.key(0), (1, 4, 8, 16, 16))
    value = noise(x)
    assert value.shape == (1, 2, 4, 8, 16, 16)
    assert jax.eval_shape(lambda x: noise(x, 2), x).shape == (1, 2, 4, 8, 8, 8)
    np.testing.assert_allclose([value.mean(), value.std()], [0, 1], atol=0.02)
    np.testing.assert_array_equal(value, noise(x))
    for other in (noise(x + 0.1)[0, 0], value[0, 1]):
        assert abs(np.corrcoef(np.ravel(value[0, 0]), np.ravel(other))[0, 1]) < 0.05
    assert not np.any(jax.grad(lambda x: noise(x).sum())(x))


def test_pools_of_topologies_are_not_normalised():
    x = jnp.arange(32.0).reshape(1, 1, 2, 4, 4)
    for table, norm, names in ((PRIMITIVES, "search", ("bn",)), (TOPOLOGY_PRIMITIVES, "never", ())):
        pools = {name: table[name] for name in ("max_pool_3x3", "avg_pool_3x3")}
        (branch,) = pools["max_pool_3x3"].evaluate(pools, Block(x, 1, {}, 1, Norms(None)))
        assert branch.norm == norm and branch.names == tuple(pools)
        assert pools["avg_pool_3x3"].norms(1) == names
