"""Which fields of a config decide nothing in a run."""

import pytest

from dartsx.catalog import LEFT_OUT, unread
from dartsx.configs.base import base


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("search.epochs", {"search": True, "evaluate": False, "run": True}),
        ("evaluate.epochs", {"search": False, "evaluate": True, "run": True}),
        ("genotype", {"search": False, "evaluate": True, "run": False}),
        ("method", {"search": True, "evaluate": False, "run": True}),
        ("methods.gdas.temperature_end", {"search": True, "evaluate": False, "run": True}),
        ("methods.snas.levels", {"search": False, "evaluate": False, "run": False}),
        ("dataset.image_size", {"search": True, "evaluate": True, "run": True}),
        ("evaluate.decay", {"search": False, "evaluate": False, "run": False}),
    ],
)
def test_kinds_of_run_read_their_own_part(name, read):
    config = base("gdas").to_dict()
    assert {kind: unread(name, config, kind) is None for kind in read} == read


def test_named_networks_read_what_shapes_those_of_genotypes_only_if_they_are_of_words():
    config = base().to_dict() | {"network": "lstm"}
    assert unread("evaluate.channels", config, "evaluate") == "--config.network=lstm is what its paper says"
    config["dataset"] |= {"name": "python_docs"}
    assert unread("evaluate.channels", config, "evaluate") is None
    assert unread("evaluate.dropout.words", config, "evaluate") is None


def test_what_is_left_out_are_fields_of_the_config():
    assert {name for names in LEFT_OUT.values() for name in names} <= set(base().keys())
