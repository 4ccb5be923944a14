"""Devices: one mesh with one axis, ``data``, over which batches are split and states replicated."""

import contextlib
import os
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from dartsx.runtime.leaves import is_key

AXIS = "data"
# What hides devices from JAX, or asks for some.
_VARIABLES = ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "TPU_VISIBLE_CHIPS")


class MeshError(ValueError):
    """Devices, or a batch, that do not fit."""


def check_devices() -> None:
    """Starts JAX's backend.

    Raises:
      MeshError: there is no device of the kind that the environment asks for, saying which variables do.
    """
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # an assertion without words where a plugin found nothing
        given = ", ".join(f"{name}={os.environ[name]!r}" for name in _VARIABLES if name in os.environ) or "none is set"
        reason = (str(error).strip().splitlines() or ["no backend could be started"])[0]
        raise MeshError(
            f"JAX finds no device: {reason}. What decides: {given}; without JAX_PLATFORMS the best there is is taken, "
            "JAX_PLATFORMS=cpu runs on the CPU"
        ) from error


def make_mesh(devices: int | None = None) -> Mesh:
    """Mesh with the single axis ``data``.

    Args:
      devices: how many devices, over all processes together; None takes all there are. With several
        processes it must be a multiple of their number, since every process brings the same share.

    Returns:
      A mesh of shape (devices,), axis type Auto.

    Raises:
      MeshError: for a count below 1, above what exists, or not divisible by the processes.
    """
    found, processes = jax.device_count(), jax.process_count()
    count = found if devices is None else devices
    if count < 1 or count > found:
        raise MeshError(
            f"{count} devices asked for, but {found} {jax.default_backend()} device(s) exist in "
            f"{processes} process(es); allowed: 1 to {found}, or none to take all"
        )
    if count % processes:
        raise MeshError(
            f"{count} devices asked for, but {processes} processes share the run and every process "
            f"brings the same number; allowed: multiples of {processes} up to {found}"
        )
    return jax.make_mesh((count,), (AXIS,), axis_types=(AxisType.Auto,), devices=_share(count // processes))


def _share(per_process: int) -> list[jax.Device]:
    chosen: dict[int, list[jax.Device]] = {}
    for device in jax.devices():
        own = chosen.setdefault(device.process_index, [])
        if len(own) < per_process:
            own.append(device)
    return [device for own in chosen.values() for device in own]


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def split_cpu(parts: int) -> None:
    """Makes the CPU backend offer so many devices, for work that falls into independent parts.

    One device uses several cores for a single kernel at a time, which small kernels cannot fill; a device for each core
    runs different kernels at once. Does nothing where it is too late (the backends have started) or settled otherwise
    (by XLA_FLAGS, or by several processes); accelerators are not touched.
    """
    settled = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if settled or jax.distributed.is_initialized():
        return
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", parts)


def processors(mesh: Mesh) -> int:
    """Devices that cost something: of a CPU's, which share its cores, one per process."""
    cpu = mesh.devices.flat[0].platform == "cpu"
    return len({device.process_index for device in mesh.devices.flat}) if cpu else mesh.size


def replicated(mesh: Mesh) -> NamedSharding:
    """Sharding that puts a whole copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def batch_sharding(mesh: Mesh, axis: int = 0) -> NamedSharding:
    """Sharding that splits one axis of an array over the devices.

    Args:
      mesh: result of `make_mesh`.
      axis: 0 for one batch [B, ...], 1 for a chunk of batches [steps, B, ...].
    """
    return NamedSharding(mesh, PartitionSpec(*(None,) * axis, AXIS))


def put_replicated(tree: Any, mesh: Mesh) -> Any:
    """Copies a pytree of arrays (typed PRNG keys included) to every device.

    With several processes each must pass equal values. The result never aliases the input, so it
    can be donated.
    """
    return jax.tree.map(lambda leaf: _put(leaf, replicated(mesh)), tree)


def put_batch(tree: Any, mesh: Mesh, axis: int = 0, *, local: bool = False) -> Any:
    """Places a batch with one axis split over the devices.

    Args:
      tree: pytree of arrays whose axis ``axis`` is the batch.
      mesh: result of `make_mesh`.
      axis: which axis is split: 0 for [B, ...], 1 for [steps, B, ...].
      local: with several processes, whether the arrays hold only this process's rows (those of
        `local_rows`) rather than the whole batch.

    Returns:
      The same tree with global arrays, sharded by `batch_sharding`.
    """
    sharding = batch_sharding(mesh, axis)
    if local and jax.process_count() > 1:
        put = jax.make_array_from_process_local_data
        return jax.tree.map(lambda leaf: put(sharding, np.asarray(leaf)), tree)
    return jax.tree.map(lambda leaf: _put(leaf, sharding), tree)


def local_rows(batch_size: int, mesh: Mesh) -> slice:
    """Rows of a global batch that belong to this process's devices."""
    index = batch_sharding(mesh).addressable_devices_indices_map((batch_size,))
    bounds = [rows.indices(batch_size) for (rows,) in index.values()]
    return slice(min(b[0] for b in bounds), max(b[1] for b in bounds))


def check_batch(batch_size: int, mesh: Mesh, field: str) -> None:
    """Checks that a batch can be split evenly over the devices.

    Args:
      batch_size: the global batch.
      mesh: result of `make_mesh`.
      field: name of the setting the batch comes from, for the message.

    Raises:
      MeshError: naming the field, the batch, the device count and the nearest valid values.
    """
    count = mesh.size
    if batch_size > 0 and batch_size % count == 0:
        return
    below = batch_size // count * count
    nearest = [value for value in (below, below + count) if value > 0] or [count]
    raise MeshError(
        f"{field}={batch_size} cannot be split evenly over {count} devices; nearest valid: "
        + " or ".join(map(str, nearest))
        + ", or choose another number of devices"
    )


def _put(leaf: Any, sharding: NamedSharding) -> jax.Array:
    if jax.process_count() == 1:
        return jax.device_put(leaf, sharding, may_alias=False)
    if is_key(leaf):
        data = _put(jax.random.key_data(leaf), sharding)
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
    host = np.asarray(leaf)
    host = host.astype(jax.dtypes.canonicalize_dtype(host.dtype), copy=False)
    return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])
