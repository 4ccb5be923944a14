"""Supernets whose options share weights, in float64 against the plain one with the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks import Choice, Network, Width, primitive
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.nn import supernet_of
from dartsx.nn.open_supernet import OpenSupernet
from dartsx.nn.sharing import Sharing
from dartsx.spaces import CellSpace, DescribedSpace, Scale

IMAGES = np.random.default_rng(0).normal(size=(4, 8, 8, 3))
WIDE = Width("expansion", (2, 3))
BLOCKS = {f"k{k}_e{e}": InvertedBottleneck(4, e, kernel=k) for k in (3, 5, 7) for e in (2, 3)}
OPTIONS = {**BLOCKS, "open": InvertedBottleneck(4, WIDE, kernel=3), "grouped": ConvNorm(4, 3, groups=2), "skip": None}
NETWORK = Network("shares", (ConvNorm(4, 3),), ((Choice("op", OPTIONS),),), (Classifier(3),), "a test", 8)
SPACE = DescribedSpace(NETWORK, Scale(classes=3))
STEPS = tuple(primitive(NETWORK.trace(8)))


def made(sharing, jit):
    """Supernet and variables away from their initial values."""
    supernet = OpenSupernet(SPACE, dtype=jnp.float64, sharing=sharing)
    mixture = {"decisions": jnp.ones(SPACE.alpha_shapes["decisions"])}
    variables = jit(lambda key: supernet.init(key, IMAGES, mixture, False))(jax.random.key(0))
    rng = np.random.default_rng(1)
    return supernet, jax.tree.map(lambda x: np.asarray(x, np.float64) + 0.1 * rng.random(x.shape), variables)


@pytest.mark.parametrize("sharing", ["entangled", "transformed"])
def test_it_is_the_plain_supernet_where_the_weights_agree(sharing, x64, quick_jit):
    shared, variables = made(sharing, quick_jit)
    plain = shared.clone(sharing="none")
    parts = Sharing(STEPS, sharing == "transformed")
    mixture = {"decisions": np.random.default_rng(2).random(SPACE.alpha_shapes["decisions"])}

    def spread(held):
        return {step.name: parts.part(step, held) for step in STEPS if step.weights}

    def loss(net, params):
        logits = net.apply({**variables, "params": params}, IMAGES, mixture, True, mutable=["batch_stats"])[0]
        return jnp.sum(logits**2)

    own, pulled = quick_jit(
        lambda held: (jax.value_and_grad(lambda w: loss(shared, w))(held), loss(plain, spread(held)))
    )(variables["params"])
    np.testing.assert_allclose(own[0], pulled, rtol=1e-9)
    through = quick_jit(jax.grad(lambda held: loss(plain, spread(held))))(variables["params"])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9), own[1], through)


def test_small_weights_are_parts_of_large_ones():
    parts = Sharing(STEPS)
    rng = np.random.default_rng(3)
    held = {n: {k: rng.normal(size=s) for k, s in shapes.items()} for n, shapes in parts.shapes.items()}
    (owner,) = {parts.owners[step.name] for step in STEPS if step.closed_name.endswith("depthwise")}
    whole = held[owner]["kernel"]
    assert whole.shape == (7, 7, 1, 12)
    by_name = {step.name: parts.part(step, held) for step in STEPS if step.weights}
    (small,) = (by_name[step.name]["kernel"] for step in STEPS if step.name.endswith("k3_e2/depthwise"))
    np.testing.assert_array_equal(small, whole[2:5, 2:5, :, :8])
    count = {
        True: sum(array.size for arrays in held.values() for array in arrays.values()),
        False: sum(int(step.params) for step in STEPS),
    }
    assert count[True] < count[False] / 3


def test_a_smaller_kernel_is_transformed_from_the_next_larger_one():
    parts = Sharing(STEPS, transformed=True)
    plain = {step.name: {n: jnp.ones(w.shape) for n, w in step.weights.items()} for step in STEPS if step.weights}
    held = parts.held(plain)
    (owner,) = {parts.owners[step.name] for step in STEPS if step.closed_name.endswith("depthwise")}
    assert {n: a.shape for n, a in held[owner].items() if "to" in n} == {"7to5": (25, 25), "5to3": (9, 9)}
    rng = np.random.default_rng(4)
    held[owner] = {name: rng.normal(size=array.shape) for name, array in held[owner].items()}
    kernel, five, three = (held[owner][name] for name in ("kernel", "7to5", "5to3"))
    middle = np.einsum("ij,jc->ic", five, kernel[1:6, 1:6, 0].reshape(25, -1)).reshape(5, 5, 1, -1)
    expected = np.einsum("ij,jc->ic", three, middle[1:4, 1:4, 0].reshape(9, -1)).reshape(3, 3, 1, -1)
    (step,) = (step for step in STEPS if step.name.endswith("k3_e2/depthwise"))
    np.testing.assert_allclose(parts.part(step, held)["kernel"], expected[..., :8], rtol=1e-5)


def test_what_cannot_share_is_named():
    with pytest.raises(ValueError, match="options of two kinds of cell have weights of their own"):
        supernet_of(CellSpace(), sharing="entangled")
    with pytest.raises(ValueError, match="sharing.*'all'.*none, entangled, transformed"):
        OpenSupernet(SPACE, sharing="all").init(jax.random.key(0), IMAGES, {"decisions": jnp.ones((2, 9))}, True)
