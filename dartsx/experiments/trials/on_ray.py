"""Runs trials as tasks of Ray, on this machine or a cluster (the extra ``ray``).

Every task has a process of its own. When that dies, or its node does, Ray starts the task again, elsewhere if need be,
and the trial goes on from its checkpoints: the folder has to lie on storage that all nodes share, under the same path.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import Any

from dartsx.catalog import how_to_install
from dartsx.experiments.trials.devices import visible_cores
from dartsx.experiments.trials.executor import ExecutorError
from dartsx.experiments.trials.resources import Resources
from dartsx.experiments.trials.trial import Result, Trial

_STORE = 10**8  # bytes for objects of a cluster that is started here: nothing large is passed


class OnRay:
    """An `Executor` by Ray, which decides how many run at once by the resources of a trial."""

    def __init__(self, root: pathlib.Path, resources: Resources):
        """Connects to nothing yet.

        Raises:
          ExecutorError: Ray is not installed.
        """
        try:
            import ray
        except ImportError as error:
            needed = f"{how_to_install('ray')}; on every node"
            raise ExecutorError(f"--executor=ray needs the extra ray: {needed} ({error})") from None
        self._ray, self.root, self._resources = ray, root.absolute(), resources
        self._tasks: dict[Any, Trial] = {}

    @property
    def running(self) -> dict[str, Trial]:
        """See `Executor`."""
        return {trial.name: trial for trial in self._tasks.values()}

    def room(self) -> bool:
        """As many as the cluster has resources for: what is started beyond that would wait in Ray's queue."""
        return len(self._tasks) < max(self._places(), 1)

    def start(self, trial: Trial) -> None:
        """See `Executor`."""
        task = self._remote.options(name=trial.label).remote(trial.document(), str(self.root))
        self._tasks[task] = trial

    def wait(self, seconds: float) -> Sequence[Result]:
        """See `Executor`."""
        ended, _ = self._ray.wait(list(self._tasks), num_returns=1, timeout=seconds)
        return [self._result(task) for task in ended]

    def stop(self) -> None:
        """See `Executor`."""
        for task in self._tasks:
            self._ray.cancel(task)

    def __enter__(self) -> OnRay:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere unless the user says so
        given = {"address": self._resources.address or None, "log_to_driver": False, "logging_level": "ERROR"}
        small = {"object_store_memory": _STORE, "num_cpus": len(visible_cores()), "include_dashboard": False}
        local = {} if self._resources.address else small
        try:
            self._ray.init(**given, **local)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ExecutorError(f"--ray_address={self._resources.address}: Ray cannot be reached: {error}") from error
        self._remote = self._ray.remote(
            num_cpus=self._resources.cpus,
            num_gpus=self._resources.gpus,
            memory=self._resources.memory,
            max_retries=self._resources.retries,
            retry_exceptions=False,
            max_calls=1,  # JAX's devices are settled once in a process
        )(_run)
        return self

    def __exit__(self, *_: Any) -> None:
        self._ray.shutdown()

    def _places(self) -> int:
        """Trials that the cluster's nodes, as they are now, have cores and GPUs for."""
        there, needs = self._ray.cluster_resources(), {"CPU": self._resources.cpus, "GPU": self._resources.gpus}
        return int(min(there.get(name, 0) / need for name, need in needs.items() if need)) if any(needs.values()) else 1

    def _result(self, task: Any) -> Result:
        trial = self._tasks.pop(task)
        folder, errors = self.root / trial.name, self._ray.exceptions
        try:
            return Result(trial, folder, **self._ray.get(task))
        except (errors.TaskCancelledError, KeyboardInterrupt):
            return Result(trial, folder, "stopped")
        except errors.RayError as error:
            return Result(trial, folder, "failed", f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _run(document: dict[str, Any], root: str) -> dict[str, Any]:
    """The task: runs a trial, and returns what of its result the other side does not know."""
    import ray

    from dartsx.experiments.trials.handover import fields_of
    from dartsx.experiments.trials.work import run_trial

    trial = Trial.read(document)
    share = ray.get_runtime_context().get_assigned_resources().get("GPU", 0)
    if 0 < share < 1:
        os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 * share:.3f}"
    return fields_of(run_trial(trial, pathlib.Path(root) / trial.name))
