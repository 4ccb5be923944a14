"""Machines that programs are compiled for without having them.

GPUs are described by the numbers that XLA's compiler asks for. They are facts of the cards, as XLA publishes them
(github.com/openxla/xla, xla/backends/gpu/target_config/specs: h100_sxm, h200, a100_sxm_80). TPUs are known to libtpu by
name. Compilers: the extras ``cuda13`` (about 4 GB on disk) and ``tpu`` (about 1 GB).
"""

from __future__ import annotations

import dataclasses
import os

import jax

from dartsx.catalog import how_to_install


@dataclasses.dataclass(frozen=True)
class Gpu:
    """A card, in the terms of XLA's device description.

    Attributes:
      name: full name of the card.
      capability: CUDA compute capability (major, minor).
      extension: set of instructions besides the capability's.
      cores: multiprocessors.
      fpus: float32 units of each.
      clock_ghz: boost clock.
      memory: bytes of device memory.
      bandwidth: bytes per second of it.
      l2: bytes of the second-level cache.
      shared: bytes of shared memory of a multiprocessor.
      shared_block: bytes of it that one block may ask for.
      cudnn: (major, minor) of the library that XLA plans for.
    """

    name: str
    capability: tuple[int, int]
    extension: str
    cores: int
    fpus: int
    clock_ghz: float
    memory: int
    bandwidth: int
    l2: int
    shared: int
    shared_block: int
    cudnn: tuple[int, int] = (9, 10)

    def text(self) -> str:
        """The description in the text form of XLA's GpuTargetConfigProto."""
        major, minor = self.capability
        info = {
            "threads_per_block_limit": 1024,
            "threads_per_warp": 32,
            "shared_memory_per_block": 49152,
            "shared_memory_per_core": self.shared,
            "shared_memory_per_block_optin": self.shared_block,
            "threads_per_core_limit": 2048,
            "core_count": self.cores,
            "fpus_per_core": self.fpus,
            "block_dim_limit_x": 2**31 - 1,
            "block_dim_limit_y": 65535,
            "block_dim_limit_z": 65535,
            "memory_bandwidth": self.bandwidth,
            "l2_cache_size": self.l2,
            "clock_rate_ghz": self.clock_ghz,
            "device_memory_size": self.memory,
            "registers_per_core_limit": 65536,
            "registers_per_block_limit": 65536,
            "driver_version": '"13.0.0"',
            "runtime_version": '"12.8.0"',
            "compile_time_toolkit_version": '"12.8.0"',
            "dnn_version": f'"{self.cudnn[0]}.{self.cudnn[1]}.0"',
        }
        capability = f"cuda_compute_capability {{ major: {major} minor: {minor} feature_extension: {self.extension} }}"
        lines = [f"  {name}: {value}" for name, value in info.items()]
        return "\n".join(
            [
                "gpu_device_info {",
                *lines,
                f"  {capability}",
                "}",
                'platform_name: "CUDA"',
                f"dnn_version_info {{ major: {self.cudnn[0]} minor: {self.cudnn[1]} }}",
                f'device_description_str: "{self.name}"',
                "",
            ]
        )


@dataclasses.dataclass(frozen=True)
class Tpu:
    """A slice of TPUs.

    Attributes:
      topology: libtpu's name of it.
      accelerator: value of TPU_ACCELERATOR_TYPE.
    """

    topology: str
    accelerator: str


_HOPPER = {
    "capability": (9, 0),
    "extension": "ACCELERATED_FEATURES",
    "cores": 132,
    "fpus": 128,
    "clock_ghz": 1.98,
    "l2": 52428800,
    "shared": 233472,
    "shared_block": 232448,
}
TARGETS: dict[str, Gpu | Tpu | None] = {
    "h100": Gpu("NVIDIA H100 80GB HBM3", memory=84942979072, bandwidth=3352320000000, **_HOPPER),
    "h200": Gpu("NVIDIA H200 141GB HBM3e", memory=151397597184, bandwidth=4800000000000, **_HOPPER),
    "a100": Gpu(
        "NVIDIA A100-SXM4-80GB",
        capability=(8, 0),
        extension="NONE",
        cores=108,
        fpus=64,
        clock_ghz=1.41,
        memory=85100068864,
        bandwidth=2039040000000,
        l2=41943040,
        shared=167936,
        shared_block=166912,
    ),
    "v5e-4": Tpu("v5e:2x2", "v5litepod-4"),
    "v5e-256": Tpu("v5e:16x16", "v5litepod-256"),
    "v5p-8": Tpu("v5p:2x2x1", "v5p-8"),
    "cpu": None,
}


def backend_of_target(name: str) -> str:
    """``"gpu"``, ``"tpu"`` or ``"cpu"``."""
    return {Gpu: "gpu", Tpu: "tpu", type(None): "cpu"}[type(TARGETS[name])]


def environment(name: str) -> dict[str, str]:
    """Variables that a process must have from its start to compile for this target."""
    target = TARGETS[name]
    variables = {"JAX_PLATFORMS": "cpu"}
    if isinstance(target, Gpu):
        variables["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"  # there is no driver to be checked
    if isinstance(target, Tpu):
        variables |= {"TPU_SKIP_MDS_QUERY": "1", "TPU_ACCELERATOR_TYPE": target.accelerator}
        variables |= {"TPU_WORKER_HOSTNAMES": "localhost", "TPU_WORKER_ID": "0"}
        variables |= {"ALLOW_MULTIPLE_LIBTPU_LOAD": "true"}  # else a lock file ends the second of two compilers
    return os.environ | variables


def devices(name: str, count: int) -> list[jax.Device]:
    """The first `count` devices of a target, in a process with its `environment`.

    Raises:
      ValueError: it has fewer.
      RuntimeError: the compiler for it is not installed.
    """
    from jax.experimental import topologies

    target = TARGETS[name]
    if target is None:
        found = jax.devices("cpu")
    elif isinstance(target, Gpu):
        shape = {"target_config": target.text(), "topology": f"1x1x{count}"}
        found = _described(lambda: topologies.get_topology_desc(name, "cuda", **shape), "cuda13").devices
    else:
        found = _described(lambda: topologies.get_topology_desc(target.topology, "tpu"), "tpu").devices
    if len(found) < count:
        raise ValueError(f"--mesh={count}: target {name} has {len(found)} device(s)")
    return list(found[:count])


def _described(make, extra: str):
    try:
        return make()
    except (ImportError, NotImplementedError, RuntimeError, ValueError) as error:
        raise RuntimeError(f"no compiler for this target ({how_to_install(extra)}): {error}") from error
