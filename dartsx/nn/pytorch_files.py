"""State dicts from files: PyTorch's own, or arrays by the same names as NumPy writes them."""

from __future__ import annotations

import pathlib
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

INSIDE = "state_dict"  # what training scripts call it beside the optimiser's state


def read_state(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of a state dict.

    Args:
      path: ``.npz`` of NumPy, or any file of ``torch.save`` that holds tensors by name, also as ``state_dict`` of a
        dictionary. Nothing in the file is executed.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it holds no arrays by name, or needs PyTorch, which is not installed.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    if path.suffix == ".npz":
        return _of_numpy(path)
    given = _of_pytorch(path)
    if isinstance(given, Mapping) and isinstance(given.get(INSIDE), Mapping):
        given = given[INSIDE]
    if not isinstance(given, Mapping) or not given or not all(hasattr(value, "numpy") for value in given.values()):
        raise ValueError(f"{path} holds no state dict: tensors by name, alone or as {INSIDE!r} of a dictionary")
    return {name: tensor.numpy() for name, tensor in given.items()}


def _of_numpy(path: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no .npz of arrays: {error}") from None


def _of_pytorch(path: pathlib.Path) -> Any:
    try:
        import torch
    except ImportError:
        raise ValueError(
            f"{path} needs PyTorch to be read (pip install torch), or its arrays by the same names in an .npz of NumPy"
        ) from None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever PyTorch makes of foreign files
        reason = (str(error).strip().splitlines() or ["no message"])[0]
        raise ValueError(f"{path} is no file of tensors that PyTorch reads: {reason}") from None
