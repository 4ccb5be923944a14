"""Settings of JAX and of the environment that change the numbers of a run, and stand in no config."""

from __future__ import annotations

import os
from typing import Any

import jax

_SWITCHES = (
    "jax_enable_x64",
    "jax_default_matmul_precision",
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_random_seed_offset",
    "jax_default_dtype_bits",
    "jax_disable_jit",
)
_VARIABLES = ("NVIDIA_TF32_OVERRIDE", "LIBTPU_INIT_ARGS")
# Flags of XLA that say what it writes down, how fast it compiles and how many devices it shows.
_WITHOUT_EFFECT = (
    "--xla_dump",
    "--xla_hlo_profile",
    "--xla_force_host_platform_device_count",
)


_GIVEN = jax.config.jax_default_matmul_precision  # by the environment


def set_precision(name: str) -> None:
    """Sets how products of float32 numbers are computed from now on, in all programs that are traced later.

    Args:
      name: ``"default"``, as the environment says or else as the device prefers: TF32 (a relative error of about
        3e-4) on NVIDIA's cards since Ampere, bfloat16 on TPUs, float32 on CPUs. Or ``"highest"``, float32 everywhere.
    """
    jax.config.update("jax_default_matmul_precision", _GIVEN if name == "default" else name)


def numerics() -> dict[str, Any]:
    """Return them by name, as plain JSON; None for what is not set or this version of JAX does not have."""
    found = {name: getattr(jax.config, name, None) for name in _SWITCHES}
    found = {name: value if isinstance(value, bool | int | str | None) else str(value) for name, value in found.items()}
    found |= {name: os.environ.get(name) for name in _VARIABLES}
    given = os.environ.get("XLA_FLAGS", "").split()
    return found | {"XLA_FLAGS": " ".join(sorted(flag for flag in given if not flag.startswith(_WITHOUT_EFFECT)))}
