import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest

from dartsx.runtime import CompileTimer, default_cache_folder, enable_compilation_cache

ROOT = pathlib.Path(__file__).parents[2]
COMPILE = """
import sys, jax, jax.numpy as jnp
from dartsx.runtime.cache import enable_compilation_cache
hits = []
jax.monitoring.register_event_listener(
    lambda event, **_: hits.append(1) if event.endswith("/cache_hits") else None)
jnp.ones(3)  # something is compiled before the cache is turned on
print(enable_compilation_cache())
def f(x):
    for i in range(40):
        x = jnp.sort(jnp.sin(x @ x.T + i), axis=i % 2)
    return x
jax.jit(f)(jnp.ones((8, 8)))
print(len(hits))
"""


@pytest.fixture
def settings():
    """Puts JAX's cache settings back as they were."""
    names = (
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_min_entry_size_bytes",
    )
    before = {name: getattr(jax.config, name) for name in names}
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def test_second_process_reads_what_the_first_compiled(tmp_path):
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    outputs = [
        subprocess.run(
            [sys.executable, "-c", COMPILE],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.split()
        for _ in range(2)
    ]  # fmt: skip
    (folder, first), (_, second) = outputs
    assert pathlib.Path(folder).parent == tmp_path / "dartsx" / "jax"
    assert int(first) == 0 and int(second) >= 1


def test_folder_is_chosen_and_empty_text_turns_the_cache_off(tmp_path, settings):
    assert enable_compilation_cache(tmp_path / "c") == tmp_path / "c"
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "c")
    assert enable_compilation_cache("") is None
    assert jax.config.jax_compilation_cache_dir is None


def test_setting_of_jax_is_respected(tmp_path, settings):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "mine"))
    assert enable_compilation_cache() == tmp_path / "mine"


def test_unusable_folder_warns_and_goes_on(tmp_path, settings):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="compilation cache off"):
        assert enable_compilation_cache(tmp_path / "file" / "c") is None


def test_default_folder_follows_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder().parent == tmp_path / "dartsx" / "jax"


def test_compile_timer_counts_compilation_only():
    with CompileTimer() as timer:
        compiled = jax.jit(lambda x: jnp.sin(x) * 3 + 1)
        compiled(jnp.ones(5)).block_until_ready()
        first = timer.seconds
        compiled(jnp.ones(5)).block_until_ready()
        assert timer.seconds == first > 0
    jax.jit(lambda x: jnp.cos(x) - 7)(jnp.ones(5)).block_until_ready()
    assert timer.seconds == first
