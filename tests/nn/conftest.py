"""What the tests of dartsx.nn share: golden files, float64, comparison, quick compilation."""

import contextlib

import jax
import numpy as np
import pytest

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def _relative_error(given, expected):
    """Largest difference over the largest expected value."""
    given, expected = np.asarray(given), np.asarray(expected)
    assert given.shape == expected.shape, f"shape {given.shape}, expected {expected.shape}"
    assert np.isfinite(given).all()
    scale = np.abs(expected).max(initial=0)
    return float(np.abs(given - expected).max(initial=0) / (scale or 1))


def _check_golden(computed, expected, dtype):
    """Every expected array was computed, in the dtype asked for, within its tolerance."""
    missing = sorted(set(expected) - set(computed))
    assert not missing, f"not computed: {missing[:5]}"
    errors = {key: _relative_error(computed[key], value) for key, value in expected.items()}
    worst = max(errors, key=errors.get)
    assert errors[worst] <= TOLERANCE[dtype], f"{worst}: relative error {errors[worst]:.2e}"


@pytest.fixture(scope="session")
def relative_error():
    return _relative_error


@pytest.fixture(scope="session")
def check_golden():
    return _check_golden


@pytest.fixture(scope="session")
def load_golden(golden):
    """Arrays of one golden file by name."""

    def load(name):
        with np.load(golden / name) as file:
            return {key: file[key] for key in file.files}

    return load


@pytest.fixture(scope="session")
def precision():
    """Context in which arrays of this dtype ("float64" or "float32") keep it."""
    return lambda dtype: jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext()


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def quick_jit():
    """`jax.jit` that spends half the time on compiling: these functions run once."""
    return lambda f: jax.jit(f, compiler_options={"xla_backend_optimization_level": 0})
