"""What trials get of the machines that they run on."""

from __future__ import annotations

from typing import NamedTuple


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
