"""Which methods go together, for the library and for the settings, and what a combination is made of."""

import dataclasses
import itertools

import jax
import numpy as np
import pytest
import stand_in

from dartsx.catalog import METHODS, check_together
from dartsx.experiments.settings import SettingsError
from dartsx.experiments.settings import methods as settings
from dartsx.search import Task, compose, darts, hypergradients, init_state, make_step
from dartsx.search.methods import table
from dartsx.spaces import CellSpace, named_space

TASK = Task(CellSpace(), {"normal": 6, "reduce": 2})
CHAIN = Task(named_space("ofa"), {"decisions": 1})  # for what shrinks numbers
ON_THE_HOST = {
    "darts_plus": {"stop"},
    "r_darts": {"stop"},
    "p_darts": {"stages", "discretize"},
    "progressive": {"stages"},
    "darts_pt": {"select"},
}


def changed(name):
    """Fields in which the method differs from DARTS."""
    base = darts()
    applied = table.apply(name, base, CHAIN if name == "ofa" else TASK)
    return {f.name for f in dataclasses.fields(base) if getattr(applied, f.name) is not getattr(base, f.name)}


@pytest.mark.parametrize(("name", "fields"), ON_THE_HOST.items())
def test_methods_on_the_host_leave_the_compiled_step_to_darts(name, fields):
    assert changed(name) == fields


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"darts"}))
def test_every_method_changes_something(name):
    assert changed(name)


def refusal(pair):
    """Why two methods are refused, None if they are not."""
    try:
        check_together(pair)
    except ValueError as error:
        return str(error)
    return None


REFUSALS = {pair: refusal(pair) for pair in itertools.combinations(METHODS, 2)}


def test_every_pair_is_refused_by_name_or_can_be_made():
    for pair, reason in REFUSALS.items():
        if reason:
            assert all(name in reason for name in pair)
        else:
            compose(pair, CHAIN if "ofa" in pair else TASK)
    assert sum(map(bool, REFUSALS.values())) == 89


def test_a_step_of_every_pair_that_is_not_refused_can_be_traced():
    """Methods on the host leave the step to the others, DARTS to all; ofa goes with none of these."""
    batches, elsewhere = stand_in.batches(dtype=np.float32), {"darts", "ofa", *ON_THE_HOST}
    for pair, reason in REFUSALS.items():
        if not reason and elsewhere.isdisjoint(pair):
            traced(stand_in.problem(pair, dtype="float32"), batches)


def traced(problem, batches):
    """Traces the first state and a step from it."""
    state = jax.eval_shape(lambda key: init_state(problem, key, stand_in.IMAGE), jax.random.key(0))
    after, _ = jax.eval_shape(make_step(problem), state, *batches)
    assert after == state, problem.method.name


@pytest.mark.parametrize(
    ("names", "hypergradient", "reason"),
    [
        (("gdas", "snas"), "first_order", "gdas and snas both decide the relaxation; choose one"),
        (("drnas", "beta_darts"), "first_order", "drnas and beta_darts both decide the penalty"),
        (("p_darts", "fair_darts"), "first_order", "both decide the derivation"),
        (("tunas", "pc_darts"), "first_order", "tunas and pc_darts do not go together: weights of edges are not drawn"),
        (("gdas", "darts_minus"), "first_order", "an auxiliary skip helps a mixture, not one drawn candidate"),
        (("pc_darts", "pc_darts"), "first_order", "pc_darts is named twice"),
        (("snas",), "exact", "only first_order has a meaning"),
    ],
)
def test_what_contradicts_itself_is_refused_by_library_and_settings(names, hypergradient, reason):
    with pytest.raises(ValueError, match=reason):
        compose(names, TASK, hypergradient=hypergradient)
    with pytest.raises(SettingsError, match=reason):
        settings.check_method("+".join(names), hypergradient, None)


def test_terms_are_refused_where_there_are_none():
    with pytest.raises(SettingsError, match=r"hypergradient_terms=3: .*exact has none"):
        settings.check_method("darts", "exact", 3)


def test_an_unknown_method_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="unknown method 'pdarts'; allowed: darts, gdas, .*p_darts"):
        compose("pc_darts+pdarts", TASK)


def test_the_order_of_names_does_not_matter():
    alphas, mixtures = [], []
    for names in ("pc_darts+drnas", "drnas+pc_darts"):
        method = compose(names, TASK)
        alpha = method.init(jax.random.key(0), TASK.space.alpha_shapes)
        alphas.append(alpha)
        mixtures.append(method.mixture(alpha, jax.random.key(1), 0.5))
        assert method.partial_channels == 4
    jax.tree.map(np.testing.assert_array_equal, *alphas)
    jax.tree.map(np.testing.assert_array_equal, *mixtures)
    assert set(mixtures[0]) == {"normal", "reduce", "normal/edges", "reduce/edges"}
    # Edge weights sum to 1 at every node; rows of the mixture carry them.
    edges, targets = np.asarray(mixtures[0]["normal/edges"]), np.array([t for _, t in TASK.space.edges])
    np.testing.assert_allclose([edges[targets == node].sum() for node in TASK.space.nodes], 1, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(mixtures[0]["normal"]).sum(1), edges, rtol=1e-5)


@pytest.mark.parametrize("hypergradient", sorted(set(hypergradients.HYPERGRADIENTS) - {"first_order"}))
def test_any_relaxation_goes_with_any_hypergradient_and_partial_channels(hypergradient):
    """Traced only: what a step computes is the business of other tests."""
    batches = stand_in.batches(dtype=np.float32)
    for name in [name for name, method in METHODS.items() if "relaxation" in method.decides and not method.first_order]:
        traced(stand_in.problem(f"{name}+pc_darts", dtype="float32", hypergradient=hypergradient), batches)


@pytest.mark.parametrize(
    ("name", "task", "reason"),
    [
        ("darts_minus", Task(CellSpace(("none", "sep_conv_3x3")), TASK.cells), "needs skip_connect"),
        ("lambda_darts", Task(TASK.space, {"reduce": 1}), "needs 2 or more, got 0"),
    ],
)
def test_a_method_that_does_not_fit_the_search_is_refused(name, task, reason):
    with pytest.raises(ValueError, match=reason):
        compose(name, task)
