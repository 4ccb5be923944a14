"""A folder of numbered checkpoints, by either interface of Orbax; the next one reads what the current one wrote.

Version 1.0 will make its interface v1 the package's own (orbax.readthedocs.io, "What is the Orbax V1 API?"). Until then
`CurrentSteps` serves; the tests hold `NextSteps` to the same. Orbax is imported late: only runs need it.
"""

import pathlib
from collections.abc import Mapping
from typing import Any, Protocol


class Steps(Protocol):
    """Checkpoints of a folder, each a dictionary of arrays (``state``) and plain JSON (``meta``)."""

    def steps(self) -> list[int]:
        """Steps of the complete checkpoints, oldest first."""

    def save(self, step: int, state: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        """Copies the arrays and writes in the background."""

    def meta(self, step: int) -> dict[str, Any]:
        """The JSON of a step."""

    def state(self, step: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The arrays of a step, with the shapes, dtypes and shardings of those wanted."""

    def wait(self) -> None:
        """Waits until all is written; raises the error of a write that failed."""

    def reload(self) -> None:
        """Looks at the folder again."""

    def close(self) -> None:
        """Waits and ends the background threads."""


class CurrentSteps:
    """`Steps` by ``CheckpointManager``."""

    def __init__(self, directory: pathlib.Path, keep: int):
        import orbax.checkpoint as ocp

        options = ocp.CheckpointManagerOptions(max_to_keep=keep, cleanup_tmp_directories=True, create=True)
        self._manager = ocp.CheckpointManager(directory, item_names=("state", "meta"), options=options)
        self._args = ocp.args
        self.wait, self.reload = self._manager.wait_until_finished, self._manager.reload
        self.close = self._manager.close

    def steps(self) -> list[int]:
        """See `Steps`."""
        return sorted(self._manager.all_steps())

    def save(self, step: int, state: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        """See `Steps`."""
        args = self._args.Composite(state=self._args.StandardSave(state), meta=self._args.JsonSave(meta))
        self._manager.save(step, args=args, force=True)

    def meta(self, step: int) -> dict[str, Any]:
        """See `Steps`."""
        return self._manager.restore(step, args=self._args.Composite(meta=self._args.JsonRestore()))["meta"]

    def state(self, step: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """See `Steps`."""
        return self._manager.restore(step, args=self._args.Composite(state=self._args.StandardRestore(wanted)))["state"]


class NextSteps:
    """`Steps` by ``v1.training.Checkpointer``."""

    def __init__(self, directory: pathlib.Path, keep: int):
        import orbax.checkpoint as ocp

        training = getattr(ocp, "v1", ocp).training
        newest = training.preservation_policies.LatestN(keep)
        self._checkpointer = training.Checkpointer(directory, preservation_policy=newest, cleanup_tmp_directories=True)
        self.wait, self.reload = self._checkpointer.wait, self._checkpointer.reload
        self.close = self._checkpointer.close

    def steps(self) -> list[int]:
        """See `Steps`."""
        return sorted(checkpoint.step for checkpoint in self._checkpointer.checkpoints)

    def save(self, step: int, state: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        """See `Steps`."""
        self._checkpointer.save_checkpointables_async(step, {"state": dict(state), "meta": dict(meta)}, force=True)

    def meta(self, step: int) -> dict[str, Any]:
        """See `Steps`."""
        return self._checkpointer.load_checkpointables(step, {"meta": None})["meta"]

    def state(self, step: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """See `Steps`."""
        return self._checkpointer.load_checkpointables(step, {"state": dict(wanted)})["state"]


def open_steps(directory: pathlib.Path, keep: int) -> Steps:
    """Open a folder of checkpoints by the interface that the installed Orbax has; make the folder if needed.

    Args:
      directory: the folder, an absolute path; unfinished writes in it are removed.
      keep: how many of the newest stay.
    """
    import orbax.checkpoint as ocp

    return (CurrentSteps if hasattr(ocp, "CheckpointManager") else NextSteps)(directory, keep)
