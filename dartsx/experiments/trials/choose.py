"""Makes the executor that a command line asks for."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

from dartsx.experiments.trials.executor import Executor

EXECUTORS = ("local", "ray", "slurm")


class Resources(NamedTuple):
    """What a trial gets, and how often one that dies is gone on with.

    Attributes:
      slots: trials at once on this machine; None for one for each GPU, or each core.
      memory: bytes of a trial; None where they are measured, or left to the scheduler.
      cpus: cores of a trial, for schedulers of many machines.
      gpus: GPUs of a trial, for schedulers of many machines; a share for Ray.
      retries: how often a trial that dies is gone on with.
      address: address of a Ray cluster; empty for one that is started here.
      options: further options of sbatch.
    """

    slots: int | None = None
    memory: int | None = None
    cpus: float = 1
    gpus: float = 0
    retries: int = 1
    address: str = ""
    options: tuple[str, ...] = ()


def make_executor(name: str, root: pathlib.Path, resources: Resources) -> Executor:
    """Returns an executor of this name, not yet entered.

    Raises:
      ExecutorError: what it needs is not here.
    """
    if name == "ray":
        from dartsx.experiments.trials.on_ray import OnRay

        return OnRay(root, resources)
    if name == "slurm":
        from dartsx.experiments.trials.on_slurm import OnSlurm

        return OnSlurm(root, resources)
    from dartsx.experiments.trials.devices import make_slots, visible_cores, visible_gpus
    from dartsx.experiments.trials.local import Local

    slots = make_slots(resources.slots, visible_cores(), visible_gpus())
    return Local(root, slots, resources.memory, resources.retries)
