"""How programs are compiled: the one place that says which XLA options each backend gets, and why.

Every program of a run (steps, evaluators, populations, diagnoses, selection) is made by `jit`. The options are handed
to XLA with each compilation, so that nobody has to set an environment variable, and other programs of the same
process keep their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax


class Option(NamedTuple):
    """An XLA option that a backend needs.

    Attributes:
      name: XLA's name of it.
      value: the value that is passed.
      reason: why it is needed: what happens without it.
    """

    name: str
    value: bool | int | str
    reason: str


OPTIONS: dict[str, tuple[Option, ...]] = {
    "cpu": (),
    "gpu": (
        Option(
            "xla_gpu_enable_triton_gemm",
            False,
            "The fusion of matrix products into Triton kernels ends the process (triton_tiling_propagation.cc: Check "
            "failed) for derived networks, resnet18_cifar, remat=branch, the form rows and exact second order at full "
            "size: compiled for an H100 with jax 0.10.2, seen on an H200 with 0.11.2.",
        ),
        Option(
            "xla_allow_excess_precision",
            False,
            "Where it is allowed XLA stores bfloat16 results a second time in float32, for readers that widen them: a "
            "pixel-major cell (C=16, 32x32) accesses 2.16 GB instead of 2.05 and takes 362 MB instead of 338, compiled "
            "for an H100 with jax 0.10.2.",
        ),
        Option(
            "xla_gpu_dot_merger_threshold_mb",
            0,
            "Where it may XLA joins products that share an operand, and cuts the result up again: a full search step "
            "then has 2,492 kernels instead of 2,482, accesses 17.59 GB instead of 17.43 and takes 57 s to compile "
            "instead of 51 (an H100, two cores, jax 0.10.2).",
        ),
    ),
    "tpu": (),
}


def options_of(backend: str) -> dict[str, bool | int | str]:
    """The options of a backend ("cpu", "gpu" or "tpu"), without those that this version of XLA does not have."""
    return {option.name: option.value for option in OPTIONS.get(backend, ()) if _known(option.name, option.value)}


@functools.cache
def _known(name: str, value: bool | int | str) -> bool:
    """Whether XLA has the option; names come and go with its versions.

    Raises:
      jax.errors.JaxRuntimeError: it has the option, but not this value.
    """
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError as error:
        if "No such compile option" not in str(error):
            raise
        return False
    return True


def jit(
    function: Callable[..., Any],
    *,
    backend: str | None = None,
    compiler_options: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Program:
    """`jax.jit` with the options of the backend that runs the program; for the outermost function of a program.

    A part of a program (traced once, called often) is compiled with the program: there `jax.jit` itself is right.

    Args:
      function: pure.
      backend: whose options are meant; None for JAX's default backend when the program is first used.
      compiler_options: further options of this program alone.
      **arguments: the other arguments of `jax.jit`.
    """
    return Program(function, backend, dict(compiler_options or {}), arguments)


class Program:
    """A function that is compiled when it is first called, or by `lower` and `compile`.

    The backend is not asked for before: modules may make programs at import, before devices are chosen.
    """

    def __init__(
        self, function: Callable[..., Any], backend: str | None, options: dict[str, Any], arguments: dict[str, Any]
    ):
        self._function, self._backend = function, backend
        self._options, self._arguments = options, arguments

    @functools.cached_property
    def _jitted(self):
        options = options_of(self._backend or jax.default_backend()) | self._options
        return jax.jit(self._function, compiler_options=options or None, **self._arguments)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the program."""
        return self._jitted(*args, **kwargs)

    def trace(self, *args: Any, **kwargs: Any) -> jax.stages.Traced:
        """Does what the method of `jax.jit`'s result does."""
        return self._jitted.trace(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> jax.stages.Lowered:
        """Does what the method of `jax.jit`'s result does."""
        return self._jitted.lower(*args, **kwargs)
