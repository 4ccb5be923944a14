"""Edges one after the other are the same function as all edges together, in all that they are used for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import Supernet
from dartsx.nn.edges_apart import _Loop
from dartsx.spaces import CELL_TYPES, CellSpace

SPACE = CellSpace(("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3"), num_nodes=2)


@pytest.fixture(scope="module")
def problem():
    """Functions of (variables, mixture, train) for both ways, and their arguments, in float64."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        images = jnp.asarray(rng.normal(size=(6, 8, 8, 3)))
        mixture = {kind: jax.nn.softmax(jnp.asarray(rng.normal(size=SPACE.alpha_shapes[kind]))) for kind in CELL_TYPES}
        nets = {remat: Supernet(SPACE, 2, 2, remat=remat, dtype=np.float64) for remat in ("none", "branch")}
        shapes = jax.eval_shape(lambda key: nets["none"].init(key, images, mixture, True), jax.random.key(0))
        # Positive values: they stand for weights and for variances.
        variables = jax.tree.map(lambda leaf: jnp.asarray(rng.uniform(0.2, 1, leaf.shape)), shapes)

    def apply(remat):
        return lambda variables, mixture, train: nets[remat].apply(variables, images, mixture, train)

    return {remat: apply(remat) for remat in nets}, variables, mixture


def both(problem, compute, relative_error):
    """Largest relative error between what `compute` makes of the two functions."""
    functions, *arguments = problem
    with jax.enable_x64(True):
        found = [compute(functions[remat])(*arguments) for remat in ("branch", "none")]
    return max(jax.tree.leaves(jax.tree.map(relative_error, *found)))


def loss(apply, train=True):
    return lambda variables, mixture: jnp.sum(apply(variables, mixture, train) ** 2)


def test_evaluation_by_running_statistics_is_the_same(problem, quick_jit, relative_error):
    assert both(problem, lambda apply: quick_jit(lambda v, m: apply(v, m, False)), relative_error) < 1e-12


def test_gradient_of_the_mixture_alone_is_the_same(problem, quick_jit, relative_error):
    # Nobody asks for the weights' gradient here, and the loop leaves it out.
    assert both(problem, lambda apply: quick_jit(jax.grad(loss(apply), 1)), relative_error) < 1e-11


def test_forward_derivative_of_the_gradient_is_the_same(problem, quick_jit, relative_error):
    def compute(apply):
        def product(variables, mixture):
            gradient = jax.grad(lambda v, m: loss(apply)({**variables, "params": v}, m), (0, 1))
            point = (variables["params"], mixture)
            along = jax.tree.map(jnp.ones_like, point)
            return jax.jvp(gradient, point, along)[1]

        return quick_jit(product)

    assert both(problem, compute, relative_error) < 1e-10


def test_mixture_gradient_leaves_weight_gradients_out(problem):
    functions, *arguments = problem
    with jax.enable_x64(True):
        gradient = {wanted: jax.grad(loss(functions["branch"]), wanted) for wanted in (1, (0, 1))}
        products = {k: str(jax.make_jaxpr(g)(*arguments)).count("dot_general") for k, g in gradient.items()}
    assert products[1] < products[0, 1]


def test_a_loop_can_be_a_static_argument():
    # Equal cells share one trace only if their loops are equal and hash alike.
    loops = [_Loop((0, 1), (0, 1, 2), (2, 2), (), 1, None, jax.nn.relu) for _ in range(2)]
    assert loops[0] == loops[1] and hash(loops[0]) == hash(loops[1])
