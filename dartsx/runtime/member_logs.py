"""The logs of a population: each member's in a folder of its own, as its solo search would write them."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from dartsx.runtime.metrics import MetricsWriter


class MemberLogs:
    """Writers of the members' folders behind the calls that a loop makes to one `MetricsWriter`.

    Scalars come as one value per member. The population's own folder gets timing.jsonl with the seconds that all
    members took together; a member's timing.jsonl has its equal share of them.
    """

    def __init__(self, workdir: pathlib.Path | None, members: Sequence[pathlib.Path | None]):
        self._together = MetricsWriter(workdir)
        self.members = [MetricsWriter(folder) for folder in members]

    def resume(self, step: int, epoch: int) -> None:
        """As `MetricsWriter.resume`, in all folders."""
        for writer in (self._together, *self.members):
            writer.resume(step, epoch)

    def scalars(self, step: int, epoch: int, split: str, **values: Sequence[float]) -> None:
        """Gives each member its values; one whose loss (or first value) is not finite has failed and gets no record."""
        told = values.get("loss", next(iter(values.values()), ()))
        for i, writer in enumerate(self.members):
            if np.isfinite(told[i]):
                writer.scalars(step, epoch, split, **{name: of_members[i] for name, of_members in values.items()})

    def timing(self, step: int, epoch: int, *, seconds: float, steps_per_second: float) -> None:
        """Writes what all took together, and to each member its share of the seconds."""
        self._together.timing(step, epoch, seconds=seconds, steps_per_second=steps_per_second)
        for writer in self.members:
            writer.timing(step, epoch, seconds=seconds / len(self.members), population=len(self.members))

    def close(self) -> None:
        """Closes all files."""
        for writer in (self._together, *self.members):
            writer.close()

    def __enter__(self) -> "MemberLogs":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
