"""StableHLO by `jax.export`: a file that plain JAX computes, for any number of examples at once, weights inside."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import jax
import numpy as np
from jax import export

from dartsx.export.errors import installed
from dartsx.export.trained import Trained
from dartsx.runtime import jit

PLATFORMS = ("cpu", "cuda", "tpu")
FILE = "model.stablehlo"


def exported(trained: Trained, batch: int | None = None) -> export.Exported:
    """The network as a program.

    Args:
      trained: the network.
      batch: number of examples; None leaves it open, as the symbol ``batch``.
    """
    sizes = export.symbolic_shape("batch") if batch is None else (batch,)
    example = jax.ShapeDtypeStruct((*sizes, *trained.shape), trained.dtype)
    return export.export(jit(trained.outputs()), platforms=PLATFORMS)(example)


def write(trained: Trained, folder: pathlib.Path, batch: int | None = None) -> tuple[str, ...]:
    """Writes the file, for `batch` examples or any number, and returns its name.

    ``jax.export.deserialize(bytearray(...)).call(examples)`` computes it.

    Raises:
      ExportError: flatbuffers, which JAX writes such files with, is not installed.
    """
    installed("flatbuffers", "an export to StableHLO")
    (folder / FILE).write_bytes(exported(trained, batch).serialize())
    return (FILE,)


def opened(folder: pathlib.Path) -> Callable[[np.ndarray], np.ndarray]:
    """What the file computes on this machine.

    Raises:
      ExportError: flatbuffers, which JAX reads such files with, is not installed.
    """
    installed("flatbuffers", "computing a StableHLO file")
    program = export.deserialize(bytearray((folder / FILE).read_bytes()))
    return lambda examples: np.asarray(program.call(examples))
