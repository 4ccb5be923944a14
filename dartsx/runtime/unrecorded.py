"""A run that leaves nothing behind: stands where a work directory would."""

from __future__ import annotations

from typing import Any


class Unrecorded:
    """Has the interface of a `Workdir` and of its checkpoints, and keeps nothing: such a run cannot be resumed."""

    path = None
    resumed = finished = primary = False
    pause_after = None

    def part(self, name: str, **run: Any) -> Unrecorded:
        """As `Workdir.part`."""
        return self

    def checkpointer(self, keep: int) -> Unrecorded:
        """As `Workdir.checkpointer`."""
        return self

    def restore_latest(self, template: Any) -> None:
        """There is none."""

    def save(self, step: int, state: Any, metadata: Any = None) -> None:
        """Does nothing, as all that follow."""

    def wait(self) -> None:
        """Nothing is being written."""

    def update_run(self, **fields: Any) -> None:
        """There is no run.json."""

    def write_json(self, name: str, value: Any) -> None:
        """There is no folder."""

    def __enter__(self) -> Unrecorded:
        return self

    def __exit__(self, *_: object) -> None:
        pass
