"""Checkpoints of a whole state by Orbax: atomic, exact to the bit, with a way back from damage."""

import copy
import dataclasses
import os
import pathlib
import shutil
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from dartsx.runtime.leaves import is_key, named_leaves
from dartsx.runtime.orbax import open_steps

_SCHEMA = 1
_NAMES_SHOWN = 5
_NOTES = "_CHECKPOINT_METADATA"


class CheckpointError(RuntimeError):
    """Checkpoints exist, but none can be used."""


class CheckpointMismatchError(ValueError):
    """A sound checkpoint of another state: other leaves, shapes or dtypes."""


@dataclasses.dataclass(frozen=True)
class Restored:
    """What was restored: step, state and metadata, as they were passed to ``save``."""

    step: int
    state: Any
    metadata: dict[str, Any]

    def __iter__(self):
        return iter((self.step, self.state, self.metadata))


class Checkpointer:
    """Saves and restores a pytree of arrays under a step number.

    A checkpoint is written beside its place and renamed into it when complete, so a kill at any
    moment leaves the earlier ones as they were. ``save`` returns once the arrays are copied and
    writes in the background. Typed PRNG keys are stored as their raw data. With several processes
    every process makes the same calls, and the folder must be one that all of them see.
    """

    def __init__(self, directory: str | os.PathLike, *, keep: int = 3, every_steps: int | None = None):
        """Opens the folder, making it if needed and removing unfinished writes.

        Args:
          directory: folder of the checkpoints.
          keep: how many of the newest stay; at least 2, so that there is one to fall back on.
          every_steps: distance between checkpoints in steps, for `due`; None means never due.
        """
        if keep < 2:
            raise ValueError(f"keep={keep}: at least 2, so that a damaged one leaves another")
        self._directory = pathlib.Path(directory).absolute()
        self._every = every_steps
        self._last = 0
        try:
            self._orbax = open_steps(self._directory, keep)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._put_notes_aside(error)
            self._orbax = open_steps(self._directory, keep)
        self._last = max(self.steps(), default=0)

    def steps(self) -> list[int]:
        """Steps of the complete checkpoints, oldest first."""
        return self._orbax.steps()

    def due(self, step: int) -> bool:
        """Whether a multiple of ``every_steps`` has been reached since the last checkpoint."""
        return self._every is not None and step // self._every > self._last // self._every

    def save(self, step: int, state: Any, metadata: Mapping[str, Any] | None = None) -> None:
        """Saves a state; a second save of the same step does nothing.

        The arrays may be donated or changed as soon as this returns. An error of the background
        write (a full disk) is raised by the next call.

        Args:
          step: number of steps done.
          state: pytree whose leaves are JAX or NumPy arrays.
          metadata: small plain JSON, such as the epoch and the data position.

        Raises:
          TypeError: naming the leaf, if one is no array.
        """
        self._orbax.wait()
        self._last = step
        if step in self.steps():
            return
        arrays = _raw(state)
        meta = {
            "schema": _SCHEMA,
            "leaves": _describe(state),
            "crc32": {name: _checksum(array) for name, array in _whole(arrays).items()},
            # A copy all the way down: the background write would see what the caller changes next.
            "metadata": copy.deepcopy(dict(metadata or {})),
        }
        stored = {name: array for name, array in arrays.items() if array.size}
        self._orbax.save(step, stored, meta)

    def restore_latest(self, template: Any) -> Restored | None:
        """Restores the newest checkpoint that is whole.

        A damaged one (files missing, truncated or changed) is reported by a warning, put aside as
        ``damaged-<step>``, and the one before is taken.

        Args:
          template: pytree of arrays of the same structure, shapes and dtypes, whose shardings the
            result gets.

        Returns:
          (step, state, metadata), or None if there is no checkpoint.

        Raises:
          CheckpointMismatchError: naming the first leaves that differ, if a checkpoint belongs to
            another state.
          CheckpointError: if there are checkpoints but all are damaged.
          TypeError: naming the leaf, if one of the template is no array.
        """
        self._orbax.wait()
        arrays, failures = _raw(template), []
        for step in reversed(self.steps()):
            try:
                restored = self._restore(step, template, arrays)
            except CheckpointMismatchError:
                raise
            except Exception as error:  # damage shows in as many ways as there are files
                failures.append(f"step {step}: {type(error).__name__}: {_first_line(error)}")
                continue
            if failures:
                self._put_aside([other for other in self.steps() if other > step])
                warnings.warn(
                    f"damaged checkpoint in {self._directory} put aside ({'; '.join(failures)}); "
                    f"going on from step {step}",
                    stacklevel=2,
                )
            self._last = step
            return restored
        if failures:
            raise CheckpointError(
                f"no usable checkpoint in {self._directory}: {'; '.join(failures)}. To start "
                "from the beginning choose another work directory or remove this folder"
            )
        return None

    def wait(self) -> None:
        """Waits until all is written; raises the error of a write that failed."""
        self._orbax.wait()

    def close(self) -> None:
        """Waits until all is written and ends the background threads."""
        self._orbax.close()

    def __enter__(self) -> "Checkpointer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _restore(self, step: int, template: Any, arrays: Mapping[str, Any]) -> Restored:
        meta = self._orbax.meta(step)
        if meta["schema"] != _SCHEMA:
            raise CheckpointMismatchError(
                f"checkpoint {step} in {self._directory} has schema {meta['schema']}; this version "
                f"reads schema {_SCHEMA}"
            )
        _compare(meta["leaves"], _describe(template), f"checkpoint {step} in {self._directory}")
        wanted = {name: array for name, array in arrays.items() if array.size}
        found = self._orbax.state(step, wanted)
        for name, array in _whole(found).items():
            if _checksum(array) != meta["crc32"].get(name):
                raise ValueError(f"bytes of {name} differ from those that were saved")
        return Restored(step, _rebuild(template, found), meta["metadata"])

    def _put_notes_aside(self, error: Exception) -> None:
        """Puts Orbax's own notes on every checkpoint aside: it opens no folder in which those of one are damaged.

        They hold times only; whether states and metadata are whole is checked when they are restored.
        """
        for notes in self._directory.glob(f"*/{_NOTES}"):
            if notes.parent.name.isdigit() and jax.process_index() == 0:
                notes.replace(notes.with_name("damaged-notes"))
        warnings.warn(
            f"damaged notes on the checkpoints in {self._directory} put aside ({_first_line(error)})", stacklevel=3
        )

    def _put_aside(self, steps: list[int]) -> None:
        if jax.process_index() == 0:
            for step in steps:
                aside = self._directory / f"damaged-{step}"
                shutil.rmtree(aside, ignore_errors=True)
                (self._directory / str(step)).rename(aside)
        if jax.process_count() > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices("damaged checkpoints put aside")
        self._orbax.reload()


def _raw(tree: Any) -> dict[str, Any]:
    """Flat dictionary of plain arrays, keys replaced by their raw data."""
    flat: dict[str, Any] = {}
    for name, leaf in named_leaves(tree):
        if not isinstance(leaf, jax.Array | np.ndarray):
            raise TypeError(f"state leaf {name} is no array but {type(leaf).__name__}: {leaf!r}")
        if name in flat:
            raise ValueError(f"two leaves of the state are both named {name}")
        flat[name] = jax.random.key_data(leaf) if is_key(leaf) else leaf
    return flat


def _describe(tree: Any) -> dict[str, str]:
    """Dtype and shape of every leaf as text, such as ``float32[16, 3]`` or ``key<fry>[]``."""
    return {name: f"{leaf.dtype}{list(leaf.shape)}" for name, leaf in named_leaves(tree)}


def _compare(saved: Mapping[str, str], wanted: Mapping[str, str], source: str) -> None:
    differing = [
        f"{name}: {saved.get(name, 'absent')} there, {wanted.get(name, 'absent')} here"
        for name in [*wanted, *(name for name in saved if name not in wanted)]
        if saved.get(name) != wanted.get(name)
    ]
    if differing:
        more = len(differing) - _NAMES_SHOWN
        raise CheckpointMismatchError(
            f"{source} belongs to another state; {len(differing)} leaves differ: "
            + "; ".join(differing[:_NAMES_SHOWN])
            + (f"; and {more} more" if more > 0 else "")
        )


def _whole(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays of which this process holds every element: their bytes can be checked."""
    return {
        name: array
        for name, array in arrays.items()
        if array.size and (not isinstance(array, jax.Array) or array.is_fully_addressable or array.is_fully_replicated)
    }


def _checksum(array: Any) -> int:
    # A copy: a NumPy view of a JAX array on the CPU would keep its buffer from being donated.
    return zlib.crc32(np.array(array).reshape(-1).view(np.uint8))


def _rebuild(template: Any, arrays: Mapping[str, Any]) -> Any:
    leaves = []
    for name, leaf in named_leaves(template):
        if name not in arrays:  # no elements, nothing was stored
            leaves.append(leaf if isinstance(leaf, np.ndarray) else jax.numpy.zeros_like(leaf))
        elif is_key(leaf):
            impl = jax.random.key_impl(leaf)
            leaves.append(jax.random.wrap_key_data(arrays[name], impl=impl))
        else:
            leaves.append(arrays[name])
    return jax.tree.unflatten(jax.tree.structure(template), leaves)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:200]
