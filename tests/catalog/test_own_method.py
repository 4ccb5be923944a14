"""A method of one's own: a function and a declaration, then it composes and is configured as the others are."""

import jax
import numpy as np
import pytest

from dartsx.catalog import METHODS, Declaration, Option
from dartsx.catalog.rules import above_zero
from dartsx.experiments.settings import SettingsError, parse_config, search_settings
from dartsx.search import Task, compose
from dartsx.spaces import CellSpace

TASK = Task(CellSpace(("skip_connect", "sep_conv_3x3")), {"normal": 1, "reduce": 0})
METHOD = """
import dataclasses

def sharper(base, task, factor):
    def mixture(alpha, key, progress):
        return base.mixture({name: factor * rows for name, rows in alpha.items()}, key, progress)

    return dataclasses.replace(base, mixture=mixture)
"""


@pytest.fixture
def sharper(tmp_path, monkeypatch):
    """The method, declared for one test."""
    (tmp_path / "sharp.py").write_text(METHOD)
    monkeypatch.syspath_prepend(tmp_path)
    declared = Declaration(
        decides=("sharpness",),
        options={"factor": Option(2.0, "what alphas are multiplied by", above_zero())},
        paper={"batch_size": 48},
        left_out=("none",),
        module="sharp",
    )
    monkeypatch.setitem(METHODS, "sharper", declared)


def mixture(method):
    alpha = method.init(jax.random.key(0), TASK.space.alpha_shapes)
    alpha = {name: 100 * rows for name, rows in alpha.items()}
    return alpha["normal"], np.asarray(method.mixture(alpha, jax.random.key(1), 0.0)["normal"])


def test_it_composes_with_its_default_and_with_a_given_option(sharper):
    for options, factor in ((None, 2.0), ({"sharper": {"factor": 3.0}}, 3.0)):
        alpha, rows = mixture(
            compose("pc_darts+sharper", TASK, {**(options or {}), "pc_darts": {"edge_weights": False}})
        )
        np.testing.assert_allclose(rows, jax.nn.softmax(factor * alpha, -1), rtol=1e-6)


def test_config_overrides_and_paper_settings_reach_it(sharper):
    config = parse_config(
        ["program", "--config=configs/cifar10.py:sharper", "--config.methods.sharper.factor=5"]
    ).config
    settings = search_settings(config)
    assert (settings.method, settings.search.batch_size) == ("sharper", 48)
    assert "none" not in settings.space.primitives
    alpha, rows = mixture(compose(settings.method, TASK, settings.method_options))
    np.testing.assert_allclose(rows, jax.nn.softmax(5 * alpha, -1), rtol=1e-6)


def test_its_bounds_and_contradictions_are_refused(sharper, monkeypatch):
    argument = "--config.methods.sharper.factor=0"
    with pytest.raises(SettingsError, match=r"--config.methods.sharper.factor=0.*must be above 0"):
        search_settings(parse_config(["program", argument]).config)
    monkeypatch.setitem(METHODS, "flatter", Declaration(decides=("sharpness",), module="sharp"))
    with pytest.raises(SettingsError, match="sharper and flatter both decide the sharpness"):
        search_settings(parse_config(["program", "--config.method=sharper+flatter"]).config)
    with pytest.raises(ValueError, match="method flatter is declared in the catalog, but has no function"):
        compose("flatter", TASK)
