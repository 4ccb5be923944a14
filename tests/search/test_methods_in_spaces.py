"""Every method in every named space, by shapes alone: mixtures, what perturbs and penalises them, rules, derivation.

A supernet sees no more of a method than the shapes of its mixtures, so its steps are traced once for each kind of them.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.catalog import METHODS
from dartsx.nn import supernet_of
from dartsx.search import Batch, Epoch, SearchProblem, Task, compose, init_state, make_step
from dartsx.search.method import Supernet
from dartsx.search.methods.p_darts import narrowed, strongest, with_skip_dropout
from dartsx.spaces import SPACES, CellSpace, WrittenSpace, named_space

CELLS = {"normal": 2, "reduce": 2}


def space_of(name):
    return CellSpace() if name == "darts" else named_space(name)


def shapes(tree):
    return jax.tree.map(lambda leaf: leaf.shape, tree)


def total(mixture):
    return sum(jnp.sum(rows) for rows in mixture.values())


def cells_of(space):
    return CELLS if space.graph else dict.fromkeys(space.alpha_shapes, 1)


def refused(method, space):
    """Methods say by name what they need: skip connections, two cells that agree, or a graph."""
    try:
        compose(method, Task(space, cells_of(space)))
    except ValueError as error:
        return method in str(error)
    return False


SEARCHED = [name for name in SPACES if not isinstance(SPACES[name], WrittenSpace)]  # the others have no supernet
PAIRS = [(m, s) for s in SEARCHED for m in METHODS if not refused(m, space_of(s))]


def test_every_method_works_in_cells_and_most_of_them_in_every_space():
    left_out = {(m, s) for s in SEARCHED for m in METHODS} - set(PAIRS)
    assert {m for m, s in left_out if SPACES[s].graph} == {"darts_minus"}
    assert {m for m, _ in left_out} == {"darts_minus"} | (
        {"pc_darts", "oles", "lambda_darts"} if any(space.graph is None for space in map(space_of, SEARCHED)) else set()
    )


def made(method, space, alpha):
    """The method; of one with stages that of its second."""
    task = Task(space, cells_of(space))
    method = compose(method, task, init_scale=0.1)
    for stage in method.stages[:1]:
        kept = {name: np.ones(shape, bool) for name, shape in space.alpha_shapes.items()}
        kept = strongest(
            space, method.strength(alpha), kept, max(2, max(columns for _, columns in space.alpha_shapes.values()) - 1)
        )
        method = with_skip_dropout(narrowed(method, kept), task, 0.4)
        assert stage.keep
    return method


@pytest.mark.parametrize(("name", "place"), PAIRS)
def test_mixtures_have_the_shapes_of_the_space_and_cells_belong_to_it(name, place):
    space = space_of(place)
    start = compose(name, Task(space, cells_of(space)), init_scale=0.1).init(jax.random.key(0), space.alpha_shapes)
    alpha = jax.tree.map(np.asarray, dict(start))
    method = made(name, space, alpha)

    def step(alpha, key, progress):
        mixture = method.mixture(alpha, key, progress)
        perturbed = method.perturb(total, mixture, key, progress) if method.perturb else mixture
        expected = method.expected(alpha, progress) if method.expected else mixture
        penalty = method.penalty(alpha, progress) if method.penalty else 0.0
        return mixture, perturbed, expected, jnp.asarray(penalty)

    mixture, perturbed, expected, penalty = jax.eval_shape(step, start, jax.random.key(0), jnp.float32(0))
    edges = {f"{kind}/edges": shape[:1] for kind, shape in space.alpha_shapes.items()}
    wanted = {**space.alpha_shapes, **(edges if name == "pc_darts" else {})}
    assert {kind: leaf.shape for kind, leaf in mixture.items()} == wanted
    assert shapes(perturbed) == shapes(expected) == shapes(mixture) and penalty.shape == ()
    genotype = method.derive(space, alpha)
    if name != "fair_darts":  # which may leave edges out
        space.validate(genotype)
    if method.stop:
        memory, kept = method.stop.update(method.stop.init(alpha, 3), Epoch(1, 3, space, alpha, genotype, lambda: 1.0))
        assert memory["stopped"].shape == () and shapes(dict(kept)) == shapes(alpha)
    if method.select:
        rng = np.random.default_rng(0)
        trained = Supernet(lambda choice: rng.uniform(), lambda choice, epochs: None)
        space.validate(method.select(space, trained, rng))


@pytest.mark.parametrize("place", ["s1", "s4", "nb201"])
def test_a_step_of_the_spaces_supernet_keeps_the_shapes_of_the_state(place):
    space, name = space_of(place), "pc_darts+lambda_darts"  # weights of edges, and rows of every cell
    supernet = supernet_of(space, channels=4, layers=1 if place == "nb201" else 4, classes=3)
    method, rate = compose(name, Task(space, supernet.cells)), optim.constant(0.1)
    optimizers = optim.sgd(rate, 0.9, 3e-4, 5.0), optim.adam(0.01, 0.5, 0.999, 1e-3)
    supernet = supernet.clone(partial=method.partial_channels)
    problem = SearchProblem(supernet, method, *optimizers, rate, 0.9, 3e-4, total_steps=10)
    state = jax.eval_shape(lambda key: init_state(problem, key, (8, 8, 3)), jax.random.key(0))
    batch = Batch(jax.ShapeDtypeStruct((2, 8, 8, 3), jnp.float32), jax.ShapeDtypeStruct((2,), jnp.int32))
    after, metrics = jax.eval_shape(make_step(problem), state, batch, batch)
    assert shapes(after) == shapes(state)
    assert metrics["valid"]["loss"].shape == ()


def test_a_method_that_does_not_fit_a_space_is_refused_by_name():
    with pytest.raises(ValueError, match="darts_minus needs skip_connect among the primitives; given: noise, sep_conv"):
        compose("darts_minus", Task(space_of("s4"), CELLS))
    with pytest.raises(ValueError, match="lambda_darts compares normal cells: needs 2 or more, got 1"):
        compose("lambda_darts", Task(space_of("s1"), {"normal": 1, "reduce": 2}))
