"""What an edge computes is traced once, however many edges and cells compute it."""

import jax
import jax.numpy as jnp

from dartsx.kernels.channel_major.cell_layout import CellLayout
from dartsx.kernels.channel_major.one_edge import Edge
from dartsx.kernels.channel_major.primitives import PRIMITIVES
from dartsx.kernels.plan import CellPlan
from dartsx.nn import Supernet
from dartsx.spaces import CELL_TYPES, CellSpace

SPACE = CellSpace(("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3"), num_nodes=2)


def test_edges_of_equal_shapes_share_one_trace_over_cells_and_both_passes(monkeypatch):
    """Three cells: from 8x8 maps to 4x4 and 2x2, where the reduction cells' inner edges are like others there are."""
    traced = []
    compute = Edge.contribution

    def counted(self, x, *more, **named):
        traced.append((self.stride, x.shape))
        return compute(self, x, *more, **named)

    monkeypatch.setattr(Edge, "contribution", counted)
    network = Supernet(SPACE, 3, 4, remat="branch", backend="cpu")
    images = jnp.zeros((5, 8, 8, 3))
    mixture = {kind: jnp.ones(SPACE.alpha_shapes[kind]) for kind in CELL_TYPES}
    variables = jax.eval_shape(lambda key: network.init(key, images, mixture, True), jax.random.key(0))

    def loss(params, mixture):
        return jnp.sum(network.apply({**variables, "params": params}, images, mixture, True))

    def both(params, mixture):
        return jax.grad(loss, 0)(params, mixture), jax.grad(loss, 1)(params, mixture)

    jax.eval_shape(both, variables["params"], mixture)
    assert len(traced) == len(set(traced)) == 5  # three sizes of maps, and two ways from one to the next
    assert {stride for stride, _ in traced} == {1, 2}


def test_layouts_are_equal_where_their_edges_compute_the_same():
    def layout(**plan):
        given = {"reduction": False, "reduction_prev": False, "prev_prev": 12, "prev": 16, "channels": 4} | plan
        primitives = {name: PRIMITIVES[name] for name in SPACE.primitives}
        return CellLayout(SPACE.edges, primitives, CellPlan(**given))

    assert layout() == layout(prev_prev=16, reduction_prev=True)
    assert hash(layout()) == hash(layout(prev=24))
    assert len({layout(), layout(reduction=True), layout(channels=8), layout(partial=2)}) == 4
