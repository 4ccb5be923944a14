"""What is passed to XLA for each backend, and that every program of a run is compiled with it."""

import ast
import pathlib

import jax
import jax.numpy as jnp
import pytest

from dartsx.runtime import compiling, jit, options_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Parts of programs: only called while a program is traced, and compiled with it.
PARTS = ("dartsx/nn", "dartsx/kernels")
FOR_GPUS = {
    "xla_gpu_enable_triton_gemm": False,
    "xla_allow_excess_precision": False,
    "xla_gpu_dot_merger_threshold_mb": 0,
}
PASSED = {"cpu": {}, "gpu": FOR_GPUS, "tpu": {}}


@pytest.fixture(autouse=True)
def forget_known():
    compiling._known.cache_clear()
    yield
    compiling._known.cache_clear()


@pytest.mark.parametrize("backend", PASSED)
def test_what_each_backend_is_passed(backend):
    assert options_of(backend) == PASSED[backend]


def test_every_option_has_a_reason():
    for options in compiling.OPTIONS.values():
        assert all(len(option.reason) > 20 for option in options)


@pytest.fixture
def passed(monkeypatch):
    """Options of all compilations by `jax.jit`, in order, as on a GPU."""
    seen, real = [], jax.jit

    def watched(function, compiler_options=None, **arguments):
        seen.append(compiler_options)
        return real(function, compiler_options=compiler_options, **arguments)

    monkeypatch.setattr(jax, "jit", watched)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    return seen


def test_a_program_is_compiled_with_the_options_of_its_backend_and_its_own(passed):
    program = jit(lambda x, y: x + y, compiler_options={"xla_backend_optimization_level": 0}, donate_argnums=0)
    assert not passed  # the backend is chosen later than modules are imported
    assert program(jnp.ones(2), 1).tolist() == [2, 2]
    assert program.lower(jnp.ones(2), 1).compile()(jnp.ones(2), 1).tolist() == [2, 2]
    assert passed[-1] == PASSED["gpu"] | {"xla_backend_optimization_level": 0}


def test_an_option_that_this_xla_does_not_have_is_left_out(passed, monkeypatch):
    unknown = compiling.Option("xla_option_of_another_version", True, "")
    monkeypatch.setitem(compiling.OPTIONS, "gpu", (unknown,))
    assert jit(lambda x: x)(jnp.ones(2)).tolist() == [1, 1]
    assert passed[-1] is None


def test_a_value_that_an_option_does_not_take_is_an_error(monkeypatch):
    monkeypatch.setitem(compiling.OPTIONS, "gpu", (compiling.Option("xla_gpu_enable_triton_gemm", "maybe", ""),))
    with pytest.raises(jax.errors.JaxRuntimeError):
        options_of("gpu")


def test_no_program_bypasses_the_options():
    found = []
    for folder in ("dartsx", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name != "dartsx/runtime/compiling.py" and not name.startswith(PARTS):
                found += [
                    f"{name}:{node.lineno}" for node in ast.walk(ast.parse(path.read_text())) if _makes_program(node)
                ]
    assert not found, f"jax.jit instead of dartsx.runtime.jit: {found}"


def _makes_program(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "jax" and any(alias.name in ("jit", "pmap") for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr in ("jit", "pmap") and ast.unparse(node.value) == "jax"
