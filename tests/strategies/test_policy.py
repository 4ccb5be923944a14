"""Policies: probabilities that sum to 1, exact derivatives, and what training does."""

import itertools

import numpy as np
import pytest

from dartsx.objectives import Measure
from dartsx.spaces import SPACES, CellSpace, DescribedSpace, RestrictedSpace, Scale
from dartsx.strategies import make_strategy
from dartsx.strategies.independent_logits import independent_logits
from dartsx.strategies.lstm_controller import lstm_controller
from dartsx.strategies.policy import ascent, batch_of, bounded, draw, log_probabilities
from dartsx.strategies.steps import INACTIVE, steps_of

GOOD = Measure("good", "", larger_is_better=True)
POLICIES = {
    "logits": independent_logits(),
    "lstm": lstm_controller(5),
    "bounded": bounded(lstm_controller(5), 2.0, 1.5),
}
CELLS = CellSpace(("none", "skip_connect", "sep_conv_3x3"), num_nodes=2, edges_kept=1)
ROWS = RestrictedSpace((("skip_connect", "sep_conv_3x3"),) * 5, (("none", "noise"),) * 5, 1)


@pytest.fixture(scope="module")
def spaces(open_networks):
    return {"cells": CELLS, "rows": ROWS, "nested": DescribedSpace(open_networks["nested"](), Scale(classes=3))}


def sequences(steps, actions=()):
    """All sequences of actions of a space."""
    if len(actions) == len(steps.sizes):
        return [actions]
    allowed = steps.allowed(actions)
    following = [INACTIVE] if allowed is None else np.flatnonzero(allowed).tolist()
    return [found for action in following for found in sequences(steps, (*actions, action))]


def drawn_params(policy, steps, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=v.shape) for name, v in policy.init(steps.sizes, rng).items()}


@pytest.mark.parametrize("name", ["cells", "rows", "nested"])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_probabilities_of_all_architectures_sum_to_one(name, policy, spaces):
    steps = steps_of(spaces[name])
    every = sequences(steps)
    assert len({steps.architecture(actions) for actions in every}) == spaces[name].count() == len(every)
    logs = log_probabilities(policy, drawn_params(policy, steps), batch_of(steps, every))
    assert np.exp(logs).sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["cells", "nested"])
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_architectures_are_drawn_with_their_probability(name, policy, spaces):
    steps, rng = steps_of(spaces[name]), np.random.default_rng(1)
    every, params = sequences(steps), drawn_params(policy, steps)
    wanted = np.exp(log_probabilities(policy, params, batch_of(steps, every)))
    counts = dict.fromkeys(every, 0)
    for _ in range(2000):
        counts[draw(policy, params, steps, rng)] += 1
    error = np.array(list(counts.values())) / 2000 - wanted
    assert (np.abs(error) < 5 * np.sqrt(wanted / 2000) + 1e-3).all()


@pytest.mark.parametrize("name", ["darts", "s2", "nb201"])
def test_actions_and_architectures_are_inverse(name):
    space, rng = SPACES[name], np.random.default_rng(0)
    steps = steps_of(space)
    for _ in range(5):
        architecture = space.sample(rng)
        assert steps.architecture(steps.actions(architecture)) == architecture


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_derivatives_equal_differences(policy, spaces):
    steps, rng = steps_of(spaces["nested"]), np.random.default_rng(0)
    every = sequences(steps)
    batch = batch_of(steps, [every[i] for i in rng.integers(len(every), size=6)])
    params, weights, entropy = drawn_params(policy, steps), rng.normal(size=6), 0.3

    def value(params):
        """The weighted log-probabilities and the entropies, the latter option by option."""
        logits = policy.forward(params, batch.actions)[0]
        total = 0.0
        for row, actions in enumerate(batch.actions):
            for step, action in enumerate(actions):
                if action != INACTIVE:
                    chosen = logits[row, step][batch.allowed[row, step]]
                    logs = chosen - np.log(np.exp(chosen).sum())
                    total += weights[row] * logs[action] - entropy * (np.exp(logs) * logs).sum()
        return total

    found = ascent(policy, params, batch, weights, entropy)
    for name, array in params.items():
        for index in rng.permutation(array.size)[:12]:
            place = np.unravel_index(index, array.shape)
            sides = []
            for step in (1e-5, -1e-5):
                moved = array.copy()
                moved[place] += step
                sides.append(value({**params, name: moved}))
            assert found[name][place] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("reinforce", {"rate": 0.1}),
        ("reinforce_lstm", {"rate": 0.02, "hidden": 16}),
        ("ppo", {"rate": 0.02, "hidden": 16, "batch": 8}),
    ],
)
def test_training_makes_what_scores_well_likely(name, options):
    strategy, space = make_strategy(name, [GOOD], options), SPACES["nb201"]

    def score(architecture):
        return {"good": float(architecture.count("nor_conv_3x3"))}

    state = strategy.init(space, 0)
    means = []
    for _ in range(40):
        state, architectures = strategy.ask(state, 8)
        scores = [score(architecture) for architecture in architectures]
        means.append(np.mean([one["good"] for one in scores]))
        state = strategy.tell(state, architectures, scores)
    assert means[0] < 2 and np.mean(means[-5:]) > 2.6


def test_a_missing_score_leaves_the_policy_as_it_is():
    strategy, space = make_strategy("reinforce", [GOOD]), SPACES["nb201"]
    state, architectures = strategy.ask(strategy.init(space, 0), 2)
    state = strategy.tell(state, architectures, [{"good": 1.0}, {"good": 2.0}])
    after = strategy.tell(state, architectures, [{}, {"good": float("nan")}])
    assert all(np.array_equal(after.params[name], value) for name, value in state.params.items())


def test_all_sources_and_primitives_are_as_likely_at_the_start():
    steps = steps_of(CELLS)
    policy = independent_logits()
    every = sequences(steps)
    params = policy.init(steps.sizes, np.random.default_rng(0))
    logs = log_probabilities(policy, params, batch_of(steps, every))
    assert np.allclose(logs, -np.log(CELLS.count())) and len(every) == CELLS.count()


def test_edges_may_come_in_any_order():
    space = CellSpace(("none", "skip_connect"), num_nodes=2, edges_kept=2)
    steps = steps_of(space)
    found = {steps.architecture(actions) for actions in sequences(steps)}
    assert len(found) == 2**2 * 6**2  # orders of the first node's two sources, of the second's two of three
    for one, other in itertools.islice(itertools.combinations(found, 2), 20):
        assert steps.actions(one) != steps.actions(other)
