"""Declarations of methods: what stands in them is whole, and is what the library and the settings take."""

import inspect

import numpy as np
import pytest

from dartsx.catalog import METHODS, Declaration, Option, acts_alone, by_name, check_together, options_of
from dartsx.configs.base import base
from dartsx.experiments.settings import search_settings
from dartsx.search.methods.table import function_of

CHANGING = [name for name in METHODS if name != "darts"]


@pytest.mark.parametrize("name", CHANGING)
def test_a_function_takes_the_declared_options_and_has_no_defaults_of_its_own(name):
    parameters = list(inspect.signature(function_of(name)).parameters.values())[2:]
    required = [p.name for p in parameters if p.default is inspect.Parameter.empty]
    assert required == list(METHODS[name].options)


@pytest.mark.parametrize("name", METHODS)
def test_a_declaration_obeys_its_own_rules_and_names_what_there_is(name):
    method = METHODS[name]
    assert options_of(name, method.defaults) == method.defaults
    assert set(method.meaningless) <= set(METHODS)
    assert set(method.partial_channels) <= set(method.options)
    fields = set(base().search.to_dict()) | {f"{g}.{f}" for g in ("weights", "alphas") for f in base().search[g]}
    assert set(method.paper) <= fields
    assert set(method.left_out) <= set(base().space.primitives)


def test_the_config_holds_every_default():
    options = search_settings(base()).method_options
    assert options == {name: METHODS[name].defaults for name in CHANGING if METHODS[name].options}
    assert options["r_darts"] == {"factor": 1 / 0.75, "window": 5, "back": 5, "drop_path": 0.0}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"temperature": 1.0}, "gdas has no option 'temperature'; did you mean .*it has: temperature_start"),
        ({"temperature_end": 0.0}, "option temperature_end=0.0 of gdas must be above 0"),
        ({"temperature_end": "low"}, "option temperature_end='low' of gdas must be of type float, not str"),
        ({"temperature_end": True}, "must be of type float, not bool"),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_allowed(options, reason):
    with pytest.raises(ValueError, match=reason):
        options_of("gdas", options)


def test_numbers_of_numpy_and_whole_ones_are_numbers():
    assert options_of("gdas", {"temperature_end": 1})["temperature_end"] == 1
    assert options_of("oles", {"steps": np.int64(3), "threshold": np.float32(0.5)}) == {"threshold": 0.5, "steps": 3}


def test_a_method_that_acts_between_epochs_or_after_the_search_acts_alone():
    alone = [name for name in METHODS if acts_alone([name])]
    assert alone == ["fair_nas", "ofa", "darts_plus", "r_darts", "p_darts", "darts_pt", "progressive"]
    assert acts_alone(["gdas", "darts_pt"]) == "darts_pt"


def test_a_relation_that_one_of_two_declares_holds_in_either_order(monkeypatch):
    monkeypatch.setitem(METHODS, "a", Declaration(meaningless={"b": "they undo each other"}))
    monkeypatch.setitem(METHODS, "b", Declaration(options={"x": Option(1, "nothing")}))
    for names in (["a", "b"], ["b", "a"]):
        with pytest.raises(ValueError, match="do not go together: they undo each other"):
            check_together(names)


def test_a_name_without_a_function_and_a_function_without_a_name_are_refused():
    def one():
        """Does nothing."""

    assert by_name(["one"], one) == {"one": one}
    for names, functions in ((["one", "two"], [one]), ([], [one])):
        with pytest.raises(ValueError, match="the catalog names"):
            by_name(names, *functions)
