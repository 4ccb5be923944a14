"""What all tests share: reference figures, float64, comparison, quick compilation."""

import contextlib
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import numpy as np
import pytest

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


@pytest.fixture(scope="session")
def reference_dir() -> pathlib.Path:
    """Folder of published figures that tests compare with; its README names their sources."""
    return TESTS / "reference"


@pytest.fixture(scope="session")
def cifar_dir(tmp_path_factory):
    """TFDS folder with the JPEG copy of CIFAR-10, 18 MB of pictures that are too large for the repository."""
    script = ROOT.parent / "shared" / "data" / "prepare_cifar10.py"
    if not script.is_file():
        pytest.skip(f"needs the copy of CIFAR-10 (18 MB, not in the repository) beside the checkout: {script}")
    folder = tmp_path_factory.mktemp("tfds")
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def golden() -> pathlib.Path:
    """Folder with the golden numbers; DARTSX_GOLDEN names another set of the same layout."""
    folder = pathlib.Path(os.environ.get("DARTSX_GOLDEN", TESTS / "golden"))
    assert folder.is_dir(), f"DARTSX_GOLDEN={folder} is no folder"
    return folder


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


_JIT = jax.jit
# Half to a third of the time: no optimisation by LLVM, and of two ways to emit fusions the quicker one.
_QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}


def _known(options: dict) -> dict:
    """Those that this version of XLA still has; names come and go with jax."""

    def knows(name):
        try:
            jax.jit(lambda: 0, compiler_options={name: options[name]})()
        except jax.errors.JaxRuntimeError as error:
            assert "No such compile option" in str(error)
            return False
        return True

    return {name: value for name, value in options.items() if knows(name)}


@pytest.fixture(scope="session")
def quick_options():
    """Compiler options for functions that run once or twice."""
    return _known(_QUICK)


@pytest.fixture(scope="session")
def quick_jit(quick_options):
    """`jax.jit` that compiles quickly and badly."""

    def jit(function, compiler_options=None, **arguments):
        return _JIT(function, compiler_options={**(compiler_options or {}), **quick_options}, **arguments)

    return jit
