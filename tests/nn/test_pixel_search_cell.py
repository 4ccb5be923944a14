"""The pixel-major cell equals the channel-major one: values, derivatives and statistics of all families."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.primitives import PRIMITIVES, TOPOLOGY_PRIMITIVES
from dartsx.kernels.channel_major.primitives.base import Branches
from dartsx.kernels.plan import CellPlan
from dartsx.networks.layers import Weight
from dartsx.nn.pixel_search_cell import PixelSearchCell
from dartsx.nn.search_cell import SearchCell
from dartsx.spaces import NB201, CellSpace

CHANNELS, PIXELS, IMAGES = 4, 8, 3
EDGES = CellSpace(num_nodes=2).edges


@dataclasses.dataclass(frozen=True)
class Scaled:
    """A user's family, written for channel-major arrays alone: one factor for each channel, batch norm."""

    per_source: ClassVar[bool] = False

    def weights(self, channels, stride):
        return {"scale": Weight((channels,), channels)}

    def norms(self, stride):
        return ("bn",)

    @staticmethod
    def evaluate(members, block):
        x = block.x[..., :: block.stride, :: block.stride]
        scales = {name: block.weights[name]["scale"][..., None, None, None] for name in members}
        return [Branches((name,), (x[:, None] * scale)[None], "always") for name, scale in scales.items()]


TABLE = {**PRIMITIVES, "scaled": Scaled()}
DARTS = CellSpace().primitives
BLOCKS = ("none", "nor_conv_3x3", "conv_3x1_1x3", "se_bottleneck", "scaled")
DRAWN = {"lazy": True, "remat": "branch"}  # channel-major leaves out what is not drawn
# primitives, plan, and other attributes of the cell
CASES = {
    "darts": (DARTS, {}, {}),
    "darts, reduction": (DARTS, {"reduction": True}, {}),
    "after a reduction": (("skip_connect", "avg_pool_3x3"), {"reduction_prev": True}, {}),
    "smooth": (("none", "sep_conv_3x3", "dil_conv_3x3"), {}, {"activation": jax.nn.silu}),
    "partial": (("skip_connect", "sep_conv_3x3", "max_pool_3x3"), {"partial": 2}, {}),
    "partial, reduction": (("skip_connect", "dil_conv_3x3", "max_pool_3x3"), {"partial": 2, "reduction": True}, {}),
    "sizes": (("sep_conv_3x3", "sep_conv_7x7"), {}, {}),
    "S2": (("skip_connect", "sep_conv_3x3"), {}, {}),
    "drawn": (("none", "skip_connect", "sep_conv_3x3", "dil_conv_3x3"), {"reduction": True}, DRAWN),
    "skip alone": (("none", "skip_connect"), {}, {}),
    "other families": (BLOCKS, {}, {}),
    "other families, reduction": (BLOCKS, {"reduction": True}, {}),
}


def both(primitives, plan, attributes, quick_jit, pixels=PIXELS):
    """Values, derivatives and statistics of both cells from the same variables, all as [N, H, W, C]."""
    plan = CellPlan(**{"reduction": False, "reduction_prev": False, **plan}, prev_prev=4, prev=6, channels=CHANNELS)
    given = (EDGES, (2, 3), tuple((name, TABLE[name]) for name in primitives), plan)
    rng = np.random.default_rng(0)
    first = 2 * pixels if plan.reduction_prev else pixels
    # A pixel without any positive channel would tie with others of its kind, and a maximum's gradient be arbitrary.
    s0 = rng.normal(3, 1, size=(IMAGES, first, first, 4))
    s1 = rng.normal(3, 1, size=(IMAGES, pixels, pixels, 6))
    mixture = jnp.asarray(rng.dirichlet(np.ones(len(primitives)), len(EDGES)))
    if attributes.get("lazy"):
        mixture = jnp.eye(len(primitives))[1 + jnp.arange(len(EDGES)) % (len(primitives) - 1)]
    if plan.partial > 1:
        mixture = jnp.concatenate([mixture, mixture[:, :1]], 1)
    variables, found = None, []
    for kind, arrange in ((SearchCell, lambda x: x.transpose(3, 0, 1, 2)), (PixelSearchCell, lambda x: x)):
        cell = kind(*given, **attributes)
        inputs = arrange(jnp.asarray(s0)), arrange(jnp.asarray(s1))
        if variables is None:
            made = cell.init(jax.random.key(0), *inputs, mixture, True)
            variables = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape) ** 2 + 0.5), made)
        found.append(_results(cell, variables, inputs, mixture, kind is SearchCell, quick_jit))
    return found


def _results(cell, variables, inputs, mixture, channels_first, quick_jit):
    def back(x):
        return jnp.moveaxis(x, 0, -1) if channels_first else x

    def loss(params, inputs, mixture):
        given = {"params": params, "batch_stats": variables["batch_stats"]}
        y, moved = cell.apply(given, *inputs, mixture, True, mutable=["batch_stats"])
        y = back(y)
        weights = jnp.cos(jnp.arange(y.size, dtype=y.dtype)).reshape(y.shape)
        return jnp.sum(weights * y), (y, moved, back(cell.apply(given, *inputs, mixture, False)))

    gradient = quick_jit(jax.grad(loss, (0, 1, 2), has_aux=True))
    (params, of_inputs, of_mixture), others = gradient(variables["params"], inputs, mixture)
    if cell.lazy:  # what is left out has no derivative
        of_mixture = of_mixture * mixture
    return params, [back(x) for x in of_inputs], of_mixture, others


@pytest.mark.parametrize("case", CASES)
def test_cells_are_equal_in_both_layouts(case, x64, quick_jit):
    expected, given = both(*CASES[case], quick_jit)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9), expected, given)


def test_a_population_computes_what_its_members_compute(x64, quick_jit):
    names = ("skip_connect", "sep_conv_3x3", "max_pool_3x3")
    cell = PixelSearchCell(EDGES, (2, 3), tuple((n, PRIMITIVES[n]) for n in names), CellPlan(True, False, 4, 4, 4))
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(2, IMAGES, PIXELS, PIXELS, 4)))
    mixture = jnp.asarray(rng.dirichlet(np.ones(len(names)), (2, len(EDGES))))
    variables = jax.vmap(lambda key: cell.init(key, x[0], x[0], mixture[0], True))(jax.random.split(jax.random.key(0)))

    def gradient(variables, x, mixture):
        def loss(params, mixture):
            return jnp.sum(jnp.sin(cell.apply({**variables, "params": params}, x, x, mixture, True)))

        return jax.grad(loss, (0, 1))(variables["params"], mixture)

    together = quick_jit(jax.vmap(gradient))(variables, x, mixture)
    alone = quick_jit(gradient)
    for member in range(2):
        own = jax.tree.map(lambda leaf, member=member: leaf[member], (variables, x, mixture, together))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9), alone(*own[:3]), own[3])


def test_odd_maps(x64, quick_jit):
    expected, given = both(("dil_conv_3x3", "avg_pool_3x3", "max_pool_3x3"), {}, {}, quick_jit, pixels=5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9), expected, given)


def test_a_cell_of_one_input_whose_pools_are_not_normalised(x64, quick_jit):
    names = NB201.primitives
    plan = CellPlan(False, False, CHANNELS, CHANNELS, CHANNELS)
    given = (NB201.edges, NB201.concat, tuple((name, TOPOLOGY_PRIMITIVES[name]) for name in names), plan)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(IMAGES, PIXELS, PIXELS, CHANNELS)))
    mixture = jnp.asarray(rng.dirichlet(np.ones(len(names)), len(NB201.edges)))
    channel, pixel = SearchCell(*given), PixelSearchCell(*given)
    variables = pixel.init(jax.random.key(0), x, None, mixture, True)
    expected = quick_jit(lambda x: channel.apply(variables, x, None, mixture, True))(x.transpose(3, 0, 1, 2))
    found = quick_jit(lambda x: pixel.apply(variables, x, None, mixture, True))(x)
    np.testing.assert_allclose(found, jnp.moveaxis(expected, 0, -1), rtol=1e-6, atol=1e-6)
