"""Work directories of `dartsx latency`: what a table is worth, and which networks it can tell the latency of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dartsx.cost.latency_table import BlockTable, expected_latency_of, read_table
from dartsx.report.errors import RunError
from dartsx.report.files import Fields, read_text
from dartsx.report.records import Device, EvaluateRun
from dartsx.spaces import named_space

KIND = "latency"


@dataclass(frozen=True)
class LatencyRun:
    """A finished table.

    Attributes:
        path: its work directory.
        space: name of the space whose blocks were measured.
        config: what was measured.
        device: the device.
        verdict: what the table is worth, in words; None where no network was measured.
        plot: predicted and measured latency as SVG; None where no network was measured.
    """

    path: Path
    space: str
    config: Mapping[str, object]
    device: Device
    verdict: str | None
    plot: str | None

    @property
    def table(self) -> BlockTable:
        """The measured times."""
        return read_table(self.path / "latency.csv")

    def latency(self, run: EvaluateRun) -> float | None:
        """Predicted milliseconds of a batch for the network of an evaluation; None for one of another space."""
        if run.genotype is None or run.config.get("space", {}).get("name") != self.space:
            return None
        space = named_space(self.space)
        scale = replace(space.scale, classes=self.config["classes"] or space.scale.classes)
        network = space.description(scale)
        size = self.config["image_size"] or network.image_size
        shape = (size, size, self.config["image_channels"])
        chosen = run.genotype.choices
        return expected_latency_of(network, self.table, shape)(lambda name, option: float(chosen.get(name) == option))


def split_off(paths: Iterable[Path]) -> tuple[tuple[LatencyRun, ...], list[Path]]:
    """Tables among work directories and the folders that hold some, each once; and the paths that hold others.

    Raises:
        RunError: a table is not finished, or a file of it cannot be read.
    """
    inside = {path: _tables_in(path) for path in paths}
    tables = dict.fromkeys(itertools.chain.from_iterable(inside.values()))
    others = [path for path, found in inside.items() if not found or len(found) < len(_runs_in(path))]
    return tuple(map(read_latency, tables)), others


def _tables_in(path: Path) -> list[Path]:
    return [run for run in _runs_in(path) if is_latency(run)]


def _runs_in(path: Path) -> list[Path]:
    """The path itself, or what is in it, where it has a run.json."""
    if (path / "run.json").is_file():
        return [path]
    return [child for child in sorted(path.iterdir()) if (child / "run.json").is_file()] if path.is_dir() else []


def is_latency(path: Path) -> bool:
    """Whether this is a work directory of `dartsx latency`."""
    try:
        return Fields(path / "run.json").data.get("kind") == KIND
    except RunError:
        return False


def read_latency(path: Path) -> LatencyRun:
    """Read a work directory.

    Raises:
        RunError: it is not finished, or a file of it cannot be read.
    """
    run, config = Fields(path / "run.json"), Fields(path / "config.json")
    if (status := run.get("status", str)) != "finished":
        raise RunError(f"{path}: not finished: its status is {status!r}")
    device = run.inner("device")
    drawn = (path / "check.svg").is_file()
    verdict = read_text(path / "latency.md").splitlines()[1] if drawn else None
    return LatencyRun(
        path,
        config.inner("space").get("name", str),
        config.data,
        Device(device.get("kind", str), device.get("count", int)),
        verdict,
        read_text(path / "check.svg") if drawn else None,
    )
