"""Every method in every space, by shapes alone: mixtures, what perturbs and penalises them, rules, derivation.

A supernet sees no more of a method than the shapes of its mixtures, so its step is traced once, with all kinds of them.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contract import PAIRS, SPACES, each_pair, few_channels, has_supernet

from dartsx import optim
from dartsx.catalog import METHODS
from dartsx.feeds import Sequences
from dartsx.losses import next_word
from dartsx.nn import supernet_of
from dartsx.search import (
    Batch,
    Epoch,
    Plan,
    PlanError,
    SearchProblem,
    Task,
    check_stages,
    compose,
    init_state,
    make_step,
)
from dartsx.search.method import TrainedSupernet
from dartsx.search.methods.p_darts import narrowed, strongest, with_skip_dropout
from dartsx.spaces import SKIP, SpaceError

CELLS = {"normal": 2, "reduce": 2}
# What a method needs of a space; every other works in every space.
NEEDS = {
    "darts_minus": lambda space: any(SKIP in row for rows in space.options.values() for row in rows),
    "ofa": lambda space: {name.rpartition("/")[2] for name in space.decisions} <= {"kernel", "depth", "expansion"},
    **dict.fromkeys(("pc_darts", "progressive", "oles", "lambda_darts"), lambda space: space.graph is not None),
}

LAYERS = {"topology": 1}  # in each of three stages; elsewhere 4 cells, of which 2 are normal


def posed(problem):
    """The problem with a loss that its supernet's outputs have, and the shapes of two examples, images or words."""
    if problem.supernet.space.executor == "recurrent":
        words = jax.ShapeDtypeStruct((2, 6), jnp.int32)
        return dataclasses.replace(problem, loss=next_word()), Sequences(words, words)
    problem = dataclasses.replace(problem, loss=lambda outputs, _: (jnp.mean(outputs**2), {"accuracy": outputs.max()}))
    images = jax.ShapeDtypeStruct((2, 8, 8, 3), jnp.float32)
    return problem, Batch(images, jax.ShapeDtypeStruct((2,), jnp.int32))


def fits(method, space):
    return method not in NEEDS or NEEDS[method](space)


def task_of(space):
    return Task(space, CELLS if space.graph else dict.fromkeys(space.alpha_shapes, 1))


def shapes(tree):
    return jax.tree.map(lambda leaf: leaf.shape, tree)


def total(mixture):
    return sum(jnp.sum(rows) for rows in mixture.values())


@each_pair
def test_a_method_fits_a_space_or_is_refused_by_name(method, space):
    if fits(method, space):
        compose(method, task_of(space))
    else:
        with pytest.raises(ValueError, match=method):
            compose(method, task_of(space))


STAGED = [name for name, method in METHODS.items() if "stages" in method.decides]
OF_EACH_KIND = ("s2", "nb201", "digit_chain", "recurrent", "ofa", *(name for name in SPACES if name.startswith("own")))


@pytest.mark.parametrize("space", OF_EACH_KIND)
@pytest.mark.parametrize("method", STAGED)
def test_every_stage_of_a_search_can_be_made_or_its_method_is_refused(method, space):
    space = SPACES[space]
    plan = Plan(space, 3, method, channels=12, layers=3, epochs=20)
    if fits(method, space):
        check_stages(plan, 5, (32, 32, 3))
    else:
        with pytest.raises(PlanError, match=f"method='{method}': {method} "):
            check_stages(plan, 5, (32, 32, 3))


@pytest.mark.parametrize("space", ["s2", "nb201"])
def test_channels_that_only_a_later_stage_cannot_divide_are_named(space):
    plan = Plan(SPACES[space], 3, "progressive", channels=18, layers=3)  # one in 6 at first, then one in 4
    with pytest.raises(PlanError, match="channels=18: partial channels must divide the 18 channels, got 4"):
        check_stages(plan, 5, (32, 32, 3))


def made(method, space, alpha):
    """The method; of one with stages that of its second."""
    task = task_of(space)
    method = compose(method, task, init_scale=0.1)
    if method.stages and method.stages[0].keep:
        kept = {name: np.ones(shape, bool) for name, shape in space.alpha_shapes.items()}
        kept = strongest(
            space, method.strength(alpha), kept, max(2, max(columns for _, columns in space.alpha_shapes.values()) - 1)
        )
        method = with_skip_dropout(narrowed(method, kept), task, 0.4)
    return method


FITTING = [pair for pair in PAIRS if fits(*pair.values)]


@pytest.mark.parametrize(("name", "space"), FITTING)
def test_mixtures_have_the_shapes_of_the_space_and_architectures_belong_to_it(name, space):
    start = compose(name, task_of(space), init_scale=0.1).init(jax.random.key(0), space.alpha_shapes)
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
    computed = {f"{kind}/computed": shape for kind, shape in space.alpha_shapes.items() if space.graph is None}
    wanted = {**space.alpha_shapes, **{"pc_darts": edges, "proxyless": computed}.get(name, {})}
    assert {kind: leaf.shape for kind, leaf in mixture.items()} == wanted
    assert shapes(perturbed) == shapes(mixture) and penalty.shape == ()
    assert shapes(expected).items() <= shapes(mixture).items() and expected
    genotype = method.derive(space, alpha)
    if name != "fair_darts":  # which may leave edges out
        space.validate(genotype)
    if method.stop:
        memory, kept = method.stop.update(method.stop.init(alpha, 3), Epoch(1, 3, space, alpha, genotype, lambda: 1.0))
        assert memory["stopped"].shape == () and shapes(dict(kept)) == shapes(alpha)
    if method.select:
        rng = np.random.default_rng(0)
        trained = TrainedSupernet(lambda choice: rng.uniform(), lambda choice, epochs: None)
        space.validate(method.select(space, trained, rng))


@pytest.mark.parametrize("space", [pytest.param(s, id=name) for name, s in SPACES.items() if not has_supernet(s)])
def test_a_space_without_a_supernet_says_what_searches_it(space):
    with pytest.raises(SpaceError, match="share no supernet: search it by a strategy"):
        _ = supernet_of(space, channels=few_channels(space), layers=1, classes=3).description


# Supernets of more decisions are made of the same parts, and take long to trace.
TRACED = {
    name: space for name, space in SPACES.items() if has_supernet(space) and (space.graph or len(space.decisions) <= 20)
}


@pytest.mark.parametrize("space", TRACED.values(), ids=TRACED)
def test_a_step_of_the_spaces_supernet_keeps_the_shapes_of_the_state(space):
    # Weights of edges, rows of every cell, and the attack on a mixture: all that a supernet can be given.
    name = "+".join(name for name in ("pc_darts", "lambda_darts", "sdarts_rs") if fits(name, space))
    supernet = supernet_of(space, channels=few_channels(space), layers=LAYERS.get(space.executor, 4), classes=3)
    method, rate = compose(name, Task(space, supernet.cells)), optim.constant(0.1)
    optimizers = optim.sgd(rate, 0.9, 3e-4, 5.0), optim.adam(0.01, 0.5, 0.999, 1e-3)
    if method.partial_channels > 1:
        supernet = supernet.clone(partial=method.partial_channels)
    problem = SearchProblem(supernet, method, *optimizers, rate, 0.9, 3e-4, total_steps=10)
    problem, batch = posed(problem)
    state = jax.eval_shape(lambda key: init_state(problem, key, problem.inputs(batch).shape[1:]), jax.random.key(0))
    after, metrics = jax.eval_shape(make_step(problem), state, batch, batch)
    assert shapes(after) == shapes(state)
    assert metrics["valid"]["loss"].shape == ()


def test_what_a_space_or_a_supernet_lacks_is_named():
    with pytest.raises(ValueError, match="darts_minus needs skip_connect among the primitives; given: noise, sep_conv"):
        compose("darts_minus", Task(SPACES["s4"], CELLS))
    with pytest.raises(ValueError, match="lambda_darts compares normal cells: needs 2 or more, got 1"):
        compose("lambda_darts", Task(SPACES["s1"], {"normal": 1, "reduce": 2}))
