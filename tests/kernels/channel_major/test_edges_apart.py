"""Edges one after the other are the same function as all edges together, in all that they are used for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.edges_apart import _Loop
from dartsx.kernels.channel_major.one_edge import Edge
from dartsx.kernels.choice import Forms
from dartsx.nn import Supernet
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
        nets["lazy"] = nets["branch"].clone(lazy=True)
        shapes = jax.eval_shape(lambda key: nets["none"].init(key, images, mixture, True), jax.random.key(0))
        # Positive values: they stand for weights and for variances.
        variables = jax.tree.map(lambda leaf: jnp.asarray(rng.uniform(0.2, 1, leaf.shape)), shapes)

    def apply(remat):
        return lambda variables, mixture, train, **more: nets[remat].apply(variables, images, mixture, train, **more)

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


def test_a_lazy_loop_is_the_same_function_but_for_gradients_of_zero_weights(problem, quick_jit, relative_error):
    """One-hot rows: gradients of the weights (and their derivatives) are theirs, those of the mixture's zeros are 0."""
    functions, variables, mixture = problem
    with jax.enable_x64(True):
        one_hot = {kind: jax.nn.one_hot(rows.argmax(1), rows.shape[1]) for kind, rows in mixture.items()}

        def compute(apply):
            def product(mixture):
                gradient = jax.grad(lambda v, m: loss(apply)({**variables, "params": v}, m), (0, 1))
                along = jax.tree.map(jnp.ones_like, variables["params"])
                found, change = jax.jvp(lambda v: gradient(v, mixture), (variables["params"],), (along,))
                masked = [[{k: g * mixture[k] for k, g in of_mixture.items()}] for _, of_mixture in (found, change)]
                return found[0], change[0], masked

            return quick_jit(product)(one_hot)

        errors = jax.tree.map(relative_error, compute(functions["lazy"]), compute(functions["none"]))
        assert max(jax.tree.leaves(errors)) < 1e-10
        of_mixture = quick_jit(jax.grad(loss(functions["lazy"]), 1))(variables, one_hot)
        convolutions = {kind: g[:, 3] * (1 - one_hot[kind][:, 3]) for kind, g in of_mixture.items()}
        assert not any(g.any() for g in convolutions.values())


def test_statistics_of_what_a_lazy_loop_leaves_out_stay(problem, quick_jit):
    """With no convolution anywhere theirs stay as they were, and those of pools move."""
    functions, variables, mixture = problem
    with jax.enable_x64(True):
        pools = {kind: jnp.zeros_like(rows).at[:, 1].set(1) for kind, rows in mixture.items()}
        moved = quick_jit(lambda v, m: functions["lazy"](v, m, True, mutable=["batch_stats"])[1])(variables, pools)
        moved = moved["batch_stats"]
        before = variables["batch_stats"]
        for cell in ("cell0", "cell1"):
            norms = [stats[cell]["norms"] for stats in (before, moved)]
            same = [jax.tree.map(np.allclose, *(n[name] for n in norms)) for name in ("sep_conv_3x3", "max_pool_3x3")]
            assert all(jax.tree.leaves(same[0])) and not any(jax.tree.leaves(same[1]))


def test_a_loop_can_be_a_static_argument():
    # Equal cells share one trace only if their loops are equal and hash alike.
    loops = [_Loop((0, 1), (0, 1, 2), (2, 2), Edge((), 1, Forms(), jax.nn.relu)) for _ in range(2)]
    assert loops[0] == loops[1] and hash(loops[0]) == hash(loops[1])
