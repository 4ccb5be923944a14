"""Which config fields decide whether two runs are the same experiment."""

import json

import pytest

from dartsx.catalog import MAY_DIFFER, UNUSED, as_before, experiment, lasting
from dartsx.configs.base import base


def flat(group, prefix=""):
    for name, value in group.items():
        yield from flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]


def config(method="darts", **fields):
    given = base(method)
    given.update_from_flattened_dict(fields)
    return given.to_dict()


def test_what_may_differ_are_fields_of_the_config():
    assert set(MAY_DIFFER) <= set(flat(config()))


@pytest.mark.parametrize(
    "fields",
    [
        {"search.chunk_steps": 7},
        {"evaluate.host_workers": 3},
        {"search.diagnosis.every": 1},
        {"dataset.data_dir": "elsewhere", "mesh": 1, "seed": 4},
        {"methods.gdas.temperature_end": 1.0},
    ],
)
def test_runs_that_differ_in_these_are_samples_of_one_experiment(fields):
    assert experiment(config(**fields)) == experiment(config())


@pytest.mark.parametrize(
    "fields", [{"search.epochs": 7}, {"search.alphas.beta1": 0.1}, {"method": "gdas"}, {"dtype": "bfloat16"}]
)
def test_runs_that_differ_in_any_other_field_are_other_experiments(fields):
    assert experiment(config(**fields)) != experiment(config())


def test_options_of_the_methods_in_use_decide():
    fields = {"methods.gdas.temperature_end": 1.0}
    assert experiment(config("gdas+pc_darts", **fields)) != experiment(config("gdas+pc_darts"))
    evaluation = {"methods": {"gdas": {"temperature_end": 1.0}}}  # does not say which method searched
    assert experiment(evaluation)["methods.gdas.temperature_end"] == "1.0"


def test_a_config_is_the_same_experiment_once_it_is_written_and_read():
    given = config("pc_darts")
    assert experiment(json.loads(json.dumps(given))) == experiment(given)


def test_a_named_network_does_not_use_what_shapes_that_of_a_genotype():
    small, large = (experiment(config(network="resnet18", **{"evaluate.layers": layers})) for layers in (8, 20))
    assert small == large
    assert small["evaluate.layers"] == UNUSED
    assert "network" not in small


def test_a_field_that_came_later_is_as_before():
    old = {"dtype": "float32", "evaluate": {"channels": 4}}
    same = {**old, "schema": 1, "evaluate": {"channels": 4, "remat": "none"}, "population": 1}
    assert experiment(old) == experiment(same)
    assert experiment(old) != experiment({**old, "evaluate": {"channels": 4, "remat": "cell"}})


def test_the_space_that_writes_a_chains_network_makes_no_experiment_of_its_own():
    config = base().to_dict()
    cells = {name: value for name, value in config.items() if name not in ("search", "space")}
    chain = cells | {"space": config["space"] | {"name": "digit_chain"}}
    chain["evaluate"] = cells["evaluate"] | {"network": "described"}
    given, other = experiment(cells), experiment(chain)
    assert other.pop("evaluate.network") == UNUSED
    assert given.pop("evaluate.network") != UNUSED
    assert given == other


def test_a_field_that_came_later_leaves_the_lasting_identity_as_it_was():
    later = config()
    earlier = {name: group for name, group in later.items() if name not in as_before({})}
    earlier["search"] = {name: value for name, value in later["search"].items() if name not in ("layout", "sharing")}
    assert lasting(earlier) == lasting(later) == lasting(config(**{"search.layout": ""}))
    assert lasting(config(**{"search.layout": "pixel_major"})) != lasting(later)
