"""Second order is the same in both layouts; channel-major equals the golden numbers (`test_golden_second_order`)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.losses import cross_entropy
from dartsx.nn import Supernet
from dartsx.search import HYPERGRADIENTS, Bilevel, Inner
from dartsx.search.relax import softmax
from dartsx.spaces import CellSpace

SPACE = CellSpace(num_nodes=1, primitives=("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3", "dil_conv_5x5"))
NAMES = ("exact", "finite_difference")
IMAGES, PIXELS, CLASSES = 6, 8, 3


def precompiled(both, images, labels):
    """A loss whose gradients come from one compiled function, which all passes of all hypergradients call."""

    @jax.custom_vjp
    def loss(weights, alpha):
        return both(weights, alpha, images, labels)[0]

    loss.defvjp(
        lambda weights, alpha: both(weights, alpha, images, labels),
        lambda gradients, cotangent: jax.tree.map(lambda g: cotangent * g, gradients),
    )
    return lambda weights, alpha: (loss(weights, alpha), None)


def hypergradients(layout, quick_jit):
    """Of the same random problem: loss and gradient by name of the hypergradient."""
    rng = np.random.default_rng(0)
    supernet = Supernet(SPACE, 4, 1, CLASSES, dtype=jnp.float64, layout=layout, remat="none")
    images = {split: jnp.asarray(rng.normal(size=(IMAGES, PIXELS, PIXELS, 3))) for split in ("train", "valid")}
    labels = jnp.arange(IMAGES) % CLASSES
    alpha = {kind: jnp.asarray(rng.normal(size=shape)) for kind, shape in SPACE.alpha_shapes.items()}
    like = jax.eval_shape(lambda key: supernet.init(key, images["train"], alpha, True), jax.random.key(0))
    weights = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), like["params"])
    buffer = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), like["params"])
    unread = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan), like["batch_stats"])

    def loss(weights, alpha, images, labels):
        logits = supernet.apply({"params": weights, "batch_stats": unread}, images, softmax(alpha), True)
        return cross_entropy(logits, labels)

    both = quick_jit(jax.value_and_grad(loss, (0, 1)))
    bilevel = Bilevel(*(precompiled(both, images[split], labels) for split in ("train", "valid")), None)
    inner = Inner(0.05, 0.9, 1e-3, buffer)
    found = {name: HYPERGRADIENTS[name](bilevel, weights, alpha, inner) for name in ("first_order", *NAMES)}
    return {name: (one.loss, one.gradient) for name, one in found.items()}


@pytest.fixture(scope="module")
def both(quick_jit):
    with jax.enable_x64(True):
        return [jax.device_get(hypergradients(layout, quick_jit)) for layout in ("channel_major", "pixel_major")]


@pytest.mark.parametrize("name", NAMES)
def test_a_hypergradient_of_second_order_is_equal_in_both_layouts(both, name, relative_error):
    expected, given = (found[name] for found in both)
    np.testing.assert_allclose(given[0], expected[0], rtol=1e-9)
    for kind, gradient in expected[1].items():
        # A difference of gradients, over twice a radius of about 1e-3, loses some digits.
        assert relative_error(given[1][kind], gradient) < (1e-9 if name == "exact" else 1e-7), kind


def test_second_order_is_not_first_order_here(both, relative_error):
    first, exact = (both[1][name][1] for name in ("first_order", "exact"))
    assert max(relative_error(exact[kind], first[kind]) for kind in first) > 1e-3
