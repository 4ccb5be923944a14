"""How products of float32 numbers are computed is a setting, and on record."""

import jax
import jax.numpy as jnp
import pytest

from dartsx.runtime import set_precision
from dartsx.runtime.numerics import numerics


@pytest.fixture(autouse=True)
def as_before():
    yield
    set_precision("default")


@pytest.mark.parametrize("name", ["highest", "default"])
def test_programs_are_traced_with_the_precision_that_was_set(name):
    set_precision("highest" if name == "default" else "default")
    set_precision(name)
    text = jax.jit(lambda x: x @ x).lower(jnp.ones((2, 2))).as_text()
    assert ("HIGHEST" in text) == (name == "highest")
    assert numerics()["jax_default_matmul_precision"] == (None if name == "default" else name)
