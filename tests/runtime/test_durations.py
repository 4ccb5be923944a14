"""How long compilations took is remembered beside what they made."""

import jax
import jax.numpy as jnp
import pytest

from dartsx.runtime.durations import NAME, last_duration, program_key, remember_duration


@pytest.fixture
def cache(tmp_path):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)


def test_the_last_duration_of_a_program_is_known_by_its_shapes(cache):
    small, large = (program_key("search digits", {"x": jnp.zeros(n), "name": "x"}) for n in (2, 3))
    remember_duration(small, 12.34)
    remember_duration(large, 50.0)
    remember_duration(small, 7.0)
    assert (last_duration(small), last_duration(large), last_duration("another")) == (7.0, 50.0, None)


def test_a_damaged_memory_and_no_cache_mean_nothing_is_known(cache):
    (cache / NAME).write_text("[half")
    assert last_duration("x") is None
    remember_duration("x", 1.0)
    assert last_duration("x") == 1.0
    jax.config.update("jax_compilation_cache_dir", None)
    remember_duration("x", 2.0)
    assert last_duration("x") is None
