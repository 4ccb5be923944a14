"""Joining several processes into one run, and deciding when there are several."""

import dataclasses
import os
import sys
import threading
from collections.abc import Callable, Mapping

import jax

_QUIET_SECONDS = 10  # after which a process that waits says so
_SLURM = ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID")


class DistributedError(ValueError):
    """Settings for several processes that contradict each other or are incomplete."""


@dataclasses.dataclass(frozen=True)
class Join:
    """How to join: ``source`` says who decided; the rest is None where JAX finds it itself."""

    source: str
    coordinator_address: str | None = None
    num_processes: int | None = None
    process_id: int | None = None


def _slurm(env: Mapping[str, str]) -> bool:
    return all(name in env for name in _SLURM) and int(env["SLURM_NTASKS"]) > 1


def _open_mpi(env: Mapping[str, str]) -> bool:
    return "OMPI_MCA_orte_hnp_uri" in env and int(env.get("OMPI_COMM_WORLD_SIZE", "1")) > 1


def _kubernetes(env: Mapping[str, str]) -> bool:
    return "KUBERNETES_SERVICE_HOST" in env and "JOB_COMPLETION_INDEX" in env


def _cloud_tpu(env: Mapping[str, str]) -> bool:
    names = env.get("TPU_PROCESS_ADDRESSES") or env.get("TPU_WORKER_HOSTNAMES", "")
    return len(names.split(",")) > 1


# Launchers whose addresses JAX works out by itself, asked in this order.
LAUNCHERS: dict[str, Callable[[Mapping[str, str]], bool]] = {
    "SLURM": _slurm,
    "Open MPI": _open_mpi,
    "Kubernetes": _kubernetes,
    "Cloud TPU": _cloud_tpu,
}


def plan(
    env: Mapping[str, str],
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> Join | None:
    """Decides from arguments and environment whether and how to join; see `initialize_distributed`.

    Raises:
      DistributedError: if some of the three values are given and others missing, or out of range.
    """
    source = "arguments"
    if coordinator_address is None and num_processes is None and process_id is None:
        source = "environment"
        coordinator_address = env.get("JAX_COORDINATOR_ADDRESS")
        num_processes = _integer(env, "JAX_NUM_PROCESSES")
        process_id = _integer(env, "JAX_PROCESS_ID")
        if process_id is None and num_processes is not None:
            process_id = _integer(env, "JOB_COMPLETION_INDEX")
        if num_processes is None and process_id is None:
            return _from_launcher(env, coordinator_address)
    given = {
        "coordinator_address": coordinator_address,
        "num_processes": num_processes,
        "process_id": process_id,
    }
    if num_processes == 1:
        return None
    if missing := [name for name, value in given.items() if value is None]:
        raise DistributedError(
            f"several processes: {', '.join(missing)} missing (from {source}). Give all of "
            "coordinator_address (host:port of process 0), num_processes and process_id, or set "
            "JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID, or none of them"
        )
    if not 0 <= process_id < num_processes:
        raise DistributedError(
            f"process_id={process_id} (from {source}) must lie in 0 to num_processes - 1 = {num_processes - 1}"
        )
    return Join(source, coordinator_address, num_processes, process_id)


def initialize_distributed(
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    *,
    mode: str = "auto",
) -> Join | None:
    """Joins the processes of a run by ``jax.distributed.initialize``; does nothing for one process.

    Call it before anything else touches JAX's devices. What decides, in this order:

    1. ``mode="off"``: never join; ``mode="on"``: join in any case.
    2. The three arguments, if any is given (then all must be).
    3. ``JAX_COORDINATOR_ADDRESS``, ``JAX_NUM_PROCESSES`` and ``JAX_PROCESS_ID`` (in its place also
       ``JOB_COMPLETION_INDEX``, which Kubernetes gives the pods of an indexed job).
    4. SLURM: ``SLURM_JOB_ID``, ``SLURM_STEP_NODELIST``, ``SLURM_PROCID`` and ``SLURM_LOCALID`` are
       set (so under ``srun``) and ``SLURM_NTASKS`` is above 1.
    5. Open MPI: ``OMPI_MCA_orte_hnp_uri`` is set and ``OMPI_COMM_WORLD_SIZE`` is above 1.
    6. Kubernetes: ``KUBERNETES_SERVICE_HOST`` and ``JOB_COMPLETION_INDEX`` are set (needs
       ``pip install 'jax[k8s]'``).
    7. Cloud TPU slices: ``TPU_PROCESS_ADDRESSES`` or ``TPU_WORKER_HOSTNAMES`` names several hosts.

    In cases 4 to 7 JAX finds addresses and numbers itself, as it does with ``mode="on"``.

    Args:
      coordinator_address: ``host:port`` of process 0.
      num_processes: number of processes; 1 means there is nothing to join.
      process_id: number of this process, from 0.
      mode: ``"auto"``; ``"off"`` for independent runs started side by side by one launcher;
        ``"on"`` where JAX can find the others but nothing above says so (TPU VMs without those
        variables).

    Returns:
      What was joined, or None if this is a run of one process.

    Raises:
      DistributedError: for incomplete or impossible settings.
    """
    if mode not in ("auto", "off", "on"):
        raise DistributedError(f"mode={mode!r}: allowed are 'auto', 'off' and 'on'")
    if mode == "off":
        return None
    join = plan(os.environ, coordinator_address, num_processes, process_id)
    if join is None and mode == "on":
        join = Join("mode='on'")
    if join is None or jax.distributed.is_initialized():
        return join
    told = threading.Timer(_QUIET_SECONDS, _tell, [join])
    told.daemon = True
    told.start()
    try:
        jax.distributed.initialize(join.coordinator_address, join.num_processes, join.process_id)
    except (ValueError, RuntimeError) as error:
        raise DistributedError(
            f"could not join the other processes (decided by: {join.source}): {error}. For "
            "independent runs under one launcher turn joining off (mode='off')"
        ) from error
    finally:
        told.cancel()
    return join


def _tell(join: Join) -> None:
    """Says what a process waits for."""
    number = "this process" if join.process_id is None else f"process {join.process_id}"
    others = "the others" if join.num_processes is None else f"all {join.num_processes} processes"
    where = f" at {join.coordinator_address}" if join.coordinator_address else ""
    print(f"{number} waits for {others}{where} (decided by: {join.source})", file=sys.stderr, flush=True)


def _from_launcher(env: Mapping[str, str], coordinator_address: str | None) -> Join | None:
    for name, present in LAUNCHERS.items():
        if present(env):
            return Join(name, coordinator_address)
    return None


def _integer(env: Mapping[str, str], name: str) -> int | None:
    if not env.get(name):
        return None
    try:
        return int(env[name])
    except ValueError:
        raise DistributedError(f"environment variable {name}={env[name]!r}: not a number") from None
