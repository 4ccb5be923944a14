"""A search bound to a cost: with every method, in a population, and what is refused."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from dartsx.catalog import METHODS
from dartsx.configs.digits import get_config
from dartsx.cost import expected_cost
from dartsx.cost.measured_table import Row, csv_of
from dartsx.experiments.jobs.search import blaming_fields, check_plan, plan_of
from dartsx.experiments.settings import SettingsError, load_config, search_settings
from dartsx.nn import supernet_of
from dartsx.objectives.shared_weights import SCORE
from dartsx.search import PlanError, Task, search_problem
from dartsx.search.bound import bounded
from dartsx.search.methods import compose
from dartsx.spaces import CellSpace, named_space
from dartsx.strategies import make_strategy
from dartsx.strategies.random_sharing import sharing_weights
from dartsx.strategies.shared_turns import Turn, in_turns

PRIMITIVES = ("none", "skip_connect", "conv_1x1", "separable_3x3")
IMAGES = (12, 12, 1)  # of digits


def bound_config(method="darts", **fields):
    config = get_config(method)
    config.space.primitives, config.space.nodes = PRIMITIVES, 1
    config.search.update({"channels": 4, "layers": 4})
    config.search.cost.update({"kind": "macs", "weight": 5.0, "target": 1e5})
    config.update_from_flattened_dict(fields)
    return config


# One learns from rewards, the others train no alphas.
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("tunas", "fair_nas", "ofa")])
def test_every_method_moves_its_alphas_towards_cheaper_networks(method):
    plan = plan_of(search_settings(bound_config(method)), classes=10)
    supernet = supernet_of(plan.space, channels=4, layers=4)
    task = Task(plan.space, supernet.cells)
    plain = compose(method, task)
    costly = bounded(plain, plan.bound, supernet, IMAGES)
    alpha = plain.init(jax.random.key(0), task.space.alpha_shapes)
    ratio = float(expected_cost(supernet, IMAGES)(costly.chances(alpha))) / 1e5
    added, slopes = jax.value_and_grad(lambda a: costly.bound(1.0, a) - 1.0)(alpha)
    assert added == pytest.approx(5.0 * ratio, rel=1e-5)
    for kind in task.space.alpha_shapes:
        none, skip, _, separable = np.asarray(slopes[kind]).T
        assert (separable > 0).all() and (separable > skip).all() and (none <= 0).all()


def test_a_method_of_rewards_is_rewarded_most_at_the_target():
    plan = plan_of(search_settings(bound_config("tunas")), classes=10)
    supernet = supernet_of(plan.space, channels=4, layers=4)
    method = compose("tunas", Task(plan.space, supernet.cells))
    learning = bounded(method, plan.bound, supernet, IMAGES).learning
    drawn = method.mixture(method.init(jax.random.key(0), plan.space.alpha_shapes), jax.random.key(1), 0.0)
    cost = float(expected_cost(supernet, IMAGES)(drawn))
    assert float(learning.cost(drawn)) == pytest.approx(cost)
    assert learning.form(0.7, learning.target, learning.target) == pytest.approx(0.7)
    assert learning.form(0.7, 1.5 * learning.target, learning.target) == pytest.approx(0.65)


def test_the_expected_cost_falls_in_every_member_of_a_population(python, quick_flags, compilation_cache, tmp_path):
    bind = ("--config.search.cost.kind=macs", "--config.search.cost.weight=5.0", "--config.search.cost.target=1e5")
    small = ("--config.space.nodes=1", "--config.search.channels=2", "--config.search.layers=1")
    short = ("--config.search.max_steps=4", "--config.search.chunk_steps=4", "--config.search.alphas.learning_rate=0.1")
    primitives = "--config.space.primitives=('none','skip_connect','conv_1x1')"
    command = ("-m", "experiments.search", f"--workdir={tmp_path}", "--config.population=2", compilation_cache)
    process = python(*command, *bind, *small, *short, primitives, XLA_FLAGS=quick_flags)
    assert process.returncode == 0, process.stderr
    space = CellSpace(("none", "skip_connect", "conv_1x1"), num_nodes=1)
    uniform = {kind: np.full(shape, 1 / 3) for kind, shape in space.alpha_shapes.items()}
    start = expected_cost(supernet_of(space, channels=2, layers=1), IMAGES)(uniform)
    for member in ("member0", "member1"):
        *_, last = [json.loads(line) for line in (tmp_path / member / "metrics.jsonl").read_text().splitlines()]
        assert 0 < last["expected_macs"] < start


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"search.cost.kind": "flops"}, "--config.search.cost.kind='flops'.*params, macs, activations, memory"),
        ({"search.cost.target": 0.0}, "--config.search.cost.target=0.0: must be above 0 with .*kind=macs"),
        ({"search.cost.weight": -1.0}, "--config.search.cost.weight=-1.0"),
        ({"search.cost.form": "cubic"}, "--config.search.cost.form='cubic'.*linear, above, log, log_ratio, log_power"),
    ],
)
def test_wrong_bounds_are_refused_by_name(fields, message):
    with pytest.raises(SettingsError, match=message):
        search_settings(bound_config(**fields))


def test_a_cost_that_a_space_does_not_have_is_refused():
    plan = plan_of(search_settings(bound_config(**{"search.cost.kind": "memory"})), classes=10)
    topologies = dataclasses.replace(plan, space=named_space("nb201"))
    message = "--config.search.cost.kind='memory'.*allowed: params, macs, activations"
    with pytest.raises(SettingsError, match=message), blaming_fields():
        search_problem(topologies, steps=1, image_shape=IMAGES)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize(("method", "space"), [("fair_nas", "digit_chain"), ("ofa", "ofa")])
def test_a_method_without_alphas_cannot_be_bound(method, space, within):
    plan = plan_of(search_settings(bound_config(method, **{"search.cost.within": within})), classes=10)
    message = f"--config.search.cost.kind='macs': {method} .*trains no alphas.*choose another method"
    with pytest.raises(SettingsError, match=message), blaming_fields():
        search_problem(dataclasses.replace(plan, space=named_space(space)), steps=1, image_shape=(32, 32, 3))


def test_shared_weights_of_a_strategy_cannot_be_bound_and_those_of_random_search_are_not():
    plan = plan_of(search_settings(bound_config()), classes=10)
    strategy = make_strategy("random", [SCORE], {})
    with pytest.raises(PlanError, match="random, shared weights trains no alphas"):
        search_problem(in_turns(plan, strategy, Turn()), steps=1, image_shape=IMAGES)
    assert search_problem(sharing_weights(plan), steps=1, image_shape=IMAGES).method.bound is None


@pytest.mark.parametrize("space", [None, "digit_chain"])
def test_a_target_that_no_network_reaches_is_refused_before_anything_compiles(space):
    plan = plan_of(search_settings(bound_config(**{"search.cost.target": 1e3})), classes=10)
    plan = dataclasses.replace(plan, space=named_space(space)) if space else plan
    message = "--config.search.cost.target=1000.0.*no network of the space reaches it: the cheapest costs"
    with pytest.raises(SettingsError, match=message), blaming_fields():
        search_problem(plan, steps=1, image_shape=IMAGES)


def planned(config, **fields):
    given = load_config(config).copy_and_resolve_references().unlock()
    given.search.cost.kind = "macs"
    given.update_from_flattened_dict(fields)
    return search_settings(given)


@pytest.mark.parametrize(
    ("config", "fields", "cheapest"),
    [
        ("digit_chain", {}, "31224 macs"),  # of 12x12 pixels in grey; of 32x32 in colour it takes 331896
        ("nas_fpn_small", {"dataset.scenes.train": 20, "dataset.scenes.test": 5}, "4.91838e[+]06 macs"),
        ("super_resolution", {}, "42912 macs"),
        ("cifar10", {"search.channels": 4}, "1.52845e[+]06 macs"),
        ("cifar10", {"search.channels": 4, "dataset.image_size": 16}, "382592 macs"),
    ],
)
def test_a_sweep_checks_targets_for_the_data_before_a_trial(config, fields, cheapest):
    with pytest.raises(SettingsError, match=f"--config.search.cost.target=10.0: no network.* costs {cheapest}"):
        check_plan(planned(config, **{"search.cost.target": 10.0}, **fields))
    check_plan(planned(config, **{"search.cost.target": 1e9}, **fields))


@pytest.mark.parametrize(
    ("image", "message"),
    [("32x32x3", "was measured for images of 32x32x3, not 12x12x1"), ("12x12x1", "has no time of")],
)
def test_a_sweep_checks_tables_for_the_images_of_the_data(tmp_path, image, message):
    plain = {name: 1 for name in Row._fields} | {"block": "a", "dtype": "float32", "image": image}
    (tmp_path / "latency.csv").write_text(csv_of([Row(**plain)]))
    fields = {"search.cost.kind": "latency", "search.cost.table": str(tmp_path / "latency.csv")}
    with pytest.raises(SettingsError, match=f"--config.search.cost.kind='latency': .*{message}"):
        check_plan(planned("digit_chain", **{"search.cost.target": 1.0}, **fields))


def test_a_target_for_data_of_unknown_shape_is_left_to_the_trial():
    check_plan(planned("digits", **{"search.cost.target": 10.0, "dataset.name": "folder:mine"}))


def test_a_network_selected_after_the_search_cannot_be_kept_to_a_target():
    settings = search_settings(bound_config("darts_pt", **{"search.cost.within": True}))
    plan = plan_of(settings, classes=10)
    with pytest.raises(ValueError, match="within: darts_pt .*selects its network after the search"):
        method = compose("darts_pt", Task(plan.space, 4))
        bounded(method, plan.bound, supernet_of(plan.space, channels=4, layers=4), IMAGES)
