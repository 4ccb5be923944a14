"""What every strategy promises in every space; a new row of either table inherits all of it."""

import inspect
import itertools

import numpy as np
import pytest

from dartsx.catalog import STRATEGIES
from dartsx.objectives import Measure
from dartsx.objectives.logged import Logged
from dartsx.spaces import SPACES, DescribedSpace, Scale, from_json, to_json
from dartsx.strategies import make_strategy, queries
from dartsx.strategies.asked import identity
from dartsx.strategies.table import FUNCTIONS

GOOD, SMALL = Measure("good", "", larger_is_better=True), Measure("small", "", larger_is_better=False)
# So small that every part of a strategy acts within a few questions.
QUICK = {
    "evolution": {"population": 4, "sample": 2},
    "nsga2": {"population": 4},
    "reinforce_lstm": {"hidden": 4},
    "ppo": {"hidden": 4, "batch": 4, "epochs": 2},
    "enas": {"hidden": 4},
    "predictor": {"random": 4, "refit": 4, "candidates": 8, "steps": 3},
}
OPEN = ("chain", "graph", "trellis", "nested")
everywhere = pytest.mark.parametrize("space_name", [*SPACES, *OPEN])
all_strategies = pytest.mark.parametrize("name", STRATEGIES)


@pytest.fixture(scope="module")
def spaces(open_networks):
    scale = Scale(classes=3)
    return {**SPACES, **{name: DescribedSpace(open_networks[name](), scale) for name in OPEN}}


def made(name):
    return make_strategy(name, (GOOD, SMALL), QUICK.get(name, {}))


def objective(architectures, budget=None):
    """Scores that depend on every choice; one in five is missing."""
    found = []
    for architecture in architectures:
        text = str(sorted(architecture.choices.items())).encode()
        value = sum(text[::2]) % 97
        found.append({} if value % 5 == 0 else {"good": float(value), "small": float(sum(text) % 89)})
    return found


def asked(name, space, count, key=0, at_once=1, scorer=objective):
    found = queries(made(name), space, scorer, key, at_once=at_once)
    return [query.architecture for query in itertools.islice(found, count)]


@everywhere
@all_strategies
def test_architectures_belong_to_the_space_and_come_once(name, space_name, spaces):
    space = spaces[space_name]
    found = asked(name, space, min(18, space.count() // 2), at_once=3)
    for architecture in found:
        space.validate(architecture)
        assert from_json(to_json(architecture)) == architecture
    assert len({identity(architecture) for architecture in found}) == len(found)


@everywhere
@all_strategies
def test_a_log_that_was_cut_off_is_continued_byte_for_byte(name, space_name, spaces, tmp_path):
    space, path, count = spaces[space_name], tmp_path / "log.jsonl", 12
    wanted = asked(name, space, count, scorer=Logged(objective, path))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert asked(name, space, count, scorer=Logged(objective, path)) == wanted
    assert path.read_bytes() == whole


@all_strategies
def test_functions_are_pure(name):
    strategy, space = made(name), SPACES["nb201"]
    state = strategy.init(space, 5)
    for _ in range(4):
        after, architectures = strategy.ask(state, 3)
        assert strategy.ask(state, 3)[1] == architectures
        scores = objective(architectures)
        told = strategy.tell(after, architectures, scores)
        assert strategy.ask(told, 2)[1] == strategy.ask(strategy.tell(after, architectures, scores), 2)[1]
        state = told


@all_strategies
def test_keys_lead_to_different_searches(name):
    one, same, other = (asked(name, SPACES["nb201"], 12, key) for key in (1, 1, 2))
    assert one == same != other


@all_strategies
def test_scores_may_come_late_in_any_order_and_of_architectures_that_were_not_asked_for(name):
    strategy, space, rng = made(name), SPACES["nb201"], np.random.default_rng(0)
    state = strategy.init(space, 0)
    warm = [space.sample(rng) for _ in range(3)]
    state = strategy.tell(state, warm, objective(warm))
    outstanding, seen = [], {identity(architecture) for architecture in warm}
    for turn in range(12):
        state, new = strategy.ask(state, 2)
        assert seen.isdisjoint(map(identity, new))
        seen |= set(map(identity, new))
        outstanding += new
        if turn % 2:
            told = [outstanding.pop(int(rng.integers(len(outstanding)))) for _ in range(3)]
            state = strategy.tell(state, told, objective(told))


@all_strategies
def test_scores_that_are_all_missing_stop_nothing(name):
    found = asked(name, SPACES["nb201"], 12, scorer=lambda architectures, budget: [{} for _ in architectures])
    assert len({identity(architecture) for architecture in found}) == 12


@all_strategies
def test_a_space_that_is_used_up_is_asked_again(name, spaces):
    space = spaces["nested"]
    found = asked(name, space, space.count() + 5)
    assert len({identity(architecture) for architecture in found}) <= space.count() < len(found)


@all_strategies
def test_every_option_is_declared_with_a_value_that_its_own_rule_allows(name):
    declared = STRATEGIES[name].options
    assert list(inspect.signature(FUNCTIONS[name]).parameters)[1:] == list(declared)
    assert not any(option.problem(option.default) for option in declared.values())


def test_table_and_catalog_name_the_same():
    assert list(FUNCTIONS) == list(STRATEGIES)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("randm", {}, "unknown strategy 'randm'; allowed: random, local"),
        ("evolution", {"sampl": 3}, "evolution has no option 'sampl'; did you mean sample"),
        ("evolution", {"sample": 0}, "option sample=0 of evolution must be 1 or more"),
    ],
)
def test_wrong_names_and_options_are_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        make_strategy(name, [GOOD], options)
