"""Makes the executor that a command line asks for."""

from __future__ import annotations

import pathlib

from dartsx.experiments.trials.executor import Executor
from dartsx.experiments.trials.resources import Resources

EXECUTORS = ("local", "ray", "slurm")


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
