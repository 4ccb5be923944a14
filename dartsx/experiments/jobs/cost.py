"""Networks by name, their costs, and the tables of ``dartsx cost``."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dartsx import networks
from dartsx.catalog import STAGED
from dartsx.catalog.rules import did_you_mean
from dartsx.experiments import tables
from dartsx.experiments.settings import blame
from dartsx.experiments.settings.combinations import network_for
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.lists import listed
from dartsx.networks import block_list
from dartsx.spaces import (
    IMAGENET,
    AnyGenotype,
    CellSpace,
    GenotypeError,
    Scale,
    SpaceError,
    named_space,
    resolve_genotype,
)

if TYPE_CHECKING:
    from dartsx.cost import Cost, LayerCost
    from dartsx.cost.latency import Latency

CELLS = ("cifar", "imagenet", STAGED, "supernet")  # networks of cells
_BYTES = 4  # of a float32


@dataclasses.dataclass(frozen=True)
class Subject:
    """One network of a comparison.

    Attributes:
      kind: "cifar", "imagenet", "nb201", "supernet", the name of a space or that of a described network.
      label: name that is printed.
      size: height and width of its images.
      description: its layers.
      genotype: where a module of its own computes it, else None.
    """

    kind: str
    label: str
    size: int
    description: networks.Network
    genotype: AnyGenotype | None = None

    def module(self) -> Any:
        """Its Flax module, of full size."""
        from dartsx.nn import CellNetwork, DescribedNetwork, Supernet, TopologyNetwork  # imports JAX

        modules = {
            "cifar": lambda: CellNetwork(self.genotype),
            "imagenet": lambda: CellNetwork(self.genotype, 48, 14, 1000, stem="imagenet"),
            STAGED: lambda: TopologyNetwork(self.genotype),
            "supernet": lambda: Supernet(CellSpace()),
        }
        return modules[self.kind]() if self.kind in modules else DescribedNetwork(self.description)

    def cost(self) -> Cost:
        """Its exact cost."""
        from dartsx.cost import network_cost

        with blame("image_size", self.size, ValueError):
            return network_cost(self.description, self.size)


def space_subject(space: str, genotype: str, image_size: int | None) -> Subject:
    """The network of an architecture of a space, at the space's own scale.

    Raises:
      SettingsError: no such space or architecture.
    """
    with blame("space.name", space, SpaceError):
        found = named_space(space)
    with blame("genotype", genotype, GenotypeError, SpaceError):
        architecture, label = resolve_genotype(genotype)
        description = found.network(architecture)
    return Subject(f"space {space}", f"{space}, {label}", image_size or description.image_size, description)


def read_subjects(given: str, genotype: str, image_size: int | None) -> list[Subject]:
    """The networks that a config names.

    Args:
      given: names separated by commas, also written as a tuple; ``cifar:NASNet-A`` names the genotype of a network of
        cells.
      genotype: genotype of networks of cells that name none.
      image_size: image size for all of them; None for each network's own.

    Raises:
      SettingsError: no such network or genotype.
    """
    names = [name.strip("'\" ") for name in listed(_unwrapped(given), _names_a_file)]
    names = [name for name in names if name]
    if not names:
        raise wrong("network", given, f"no network; choose one of {', '.join(_choices())}")
    return [_read_subject(name, given, genotype, image_size) for name in names]


def _unwrapped(given: str) -> str:
    """A tuple or list of names without its brackets, which names may have themselves: ``FBNet-C (timm)``."""
    text = given.strip()
    return text[1:-1] if text[:1] + text[-1:] in ("()", "[]") else text


def _names_a_file(name: str) -> bool:
    """Whether the genotype behind a network's name is a path that exists, or one of several in such a file."""
    path = name.partition(":")[2]
    return os.path.exists(path) or (":" in path and os.path.isfile(path.rpartition(":")[0]))


def _read_subject(name: str, given: str, genotype: str, image_size: int | None) -> Subject:
    kind, _, own = name.partition(":")
    if kind == "supernet" and not own:
        description = CellSpace().supernet_layers(Scale(16, 8))
        return Subject(kind, "supernet, DARTS space", image_size or description.image_size, description)
    if kind in CELLS and kind != "supernet":
        with blame(*(("network", given) if own else ("genotype", genotype)), GenotypeError):
            cells, label = resolve_genotype(own or genotype)
            network_for(kind, cells.executor, "network")
            space = named_space("nb201" if kind == STAGED else "darts")
            description = space.network(cells, IMAGENET if kind == "imagenet" else None)
        return Subject(kind, f"{kind}, {label}", image_size or description.image_size, description, cells)
    try:
        description = networks.network(name)
    except ValueError as error:
        known = _choices()
        if block_list.is_file(name):
            raise wrong("network", given, str(error)) from None
        raise wrong(
            "network", given, f"no network {name!r}; {did_you_mean(name, known)}choose one of {', '.join(known)}"
        ) from None
    return Subject(description.name, description.name, image_size or description.image_size, description)


def _choices() -> tuple[str, ...]:
    return (*CELLS, *networks.names())


def record(subject: Subject, cost: Cost, latency: Latency | None) -> dict[str, Any]:
    """Totals as JSON: plain numbers, memory in bytes of float32, times in milliseconds."""
    totals = {
        "network": subject.label,
        "image_size": subject.size,
        "params": cost.params,
        "macs": cost.macs,
        "activations": cost.activations,
        "peak_memory_bytes": _BYTES * cost.memory,
    }
    if latency is not None:
        times = {f"{name}_ms": 1e3 * getattr(latency, name) for name in ("median", "low", "high")}
        totals["latency"] = {**times, "repeats": latency.repeats, "batch": latency.batch, "device": latency.device}
    return totals


def layer_table(subject: Subject, cost: Cost, latency: Latency | None, rows: Sequence[LayerCost]) -> Any:
    """One line per layer (or group of layers) and the totals, as a rich table."""
    notes = _NOTES
    if latency is not None:
        notes += f"\nlatency: {_times(latency)}"
    title = f"{subject.label}, {subject.size}x{subject.size}"
    table = tables.table(title=title, caption=notes, show_footer=True)
    table.add_column("layer", "total")
    table.add_column("output", justify="right")
    for name, total in zip(_COLUMNS, _numbers(cost), strict=True):
        table.add_column(name, total, justify="right")
    for row in rows:
        table.add_row(row.name, "x".join(map(str, row.shape)), *_numbers(row))
    return table


def comparison(subjects: Sequence[Subject], costs: Sequence[Cost], latencies: Sequence[Latency | None]) -> Any:
    """One line per network, as a rich table."""
    table = tables.table(caption=_NOTES)
    table.add_column("network")
    table.add_column("image", justify="right")
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    if any(latencies):
        table.add_column("latency")
    for subject, cost, latency in zip(subjects, costs, latencies, strict=True):
        measured = [_times(latency)] if latency is not None else []
        table.add_row(subject.label, f"{subject.size}x{subject.size}", *_numbers(cost), *measured)
    return table


_NOTES = "memory: tensors alive at once, MiB in float32"
_COLUMNS = ("parameters", "multiply-adds", "activations", "memory")


def _numbers(cost: Cost | LayerCost) -> list[str]:
    counts = [f"{count:,}" for count in (cost.params, cost.macs, cost.activations)]
    return [*counts, f"{_BYTES * cost.memory / 2**20:.2f}"]


def _times(latency: Latency) -> str:
    median, low, high = (f"{1e3 * seconds:.3g}" for seconds in latency[:3])
    return f"{median} ms ({low} to {high}), batch {latency.batch}, {latency.repeats} calls, {latency.device}"


def dataset(subjects: Sequence[Subject]) -> str:
    """The data set on which such networks are compared: ImageNet, or CIFAR-10 where all have 10 classes."""
    return "CIFAR-10" if all(subject.description.classes == 10 for subject in subjects) else "ImageNet"


def exact_name(label: str) -> str:
    """The name of a network that a published result calls by a similar one, such as regnet_x_400mf; else the label."""
    try:
        return networks.network(label).name
    except ValueError:
        return label


def not_drawn(subjects: Sequence[Subject], costs: Sequence[Cost], drawn: set[str]) -> str:
    """A line that names the networks whose accuracy is not known here."""
    missing = [
        f"{subject.label} ({cost.macs / 1e6:,.0f})"
        for subject, cost in zip(subjects, costs, strict=True)
        if subject.label not in drawn
    ]
    return f"no accuracy is known here of {'; '.join(missing)}" if missing else ""
