"""Counts parameters and multiply-adds, the auxiliary head left out.

``python -m experiments.cost --config.network=cifar --config.genotype=DARTS_V2 --format=json``
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from absl import flags
from ml_collections import ConfigDict

from dartsx.spaces import CellSpace, Genotype, GenotypeError, resolve_genotype
from experiments.settings import blame, need_cells, run_main
from experiments.settings.read import read_group
from experiments.settings.rules import at_least, one_of, where

if TYPE_CHECKING:
    from dartsx.cost import Cost

_FORMAT = flags.DEFINE_enum("format", "table", ["table", "json"], "table, or totals as JSON")

IMAGE_SIZES = {"cifar": 32, "imagenet": 224, "supernet": 32}


@dataclasses.dataclass(frozen=True)
class CostSettings:
    """The config: which network, of which genotype (a supernet has none), for which images."""

    network: str = where(one_of(*IMAGE_SIZES))
    genotype: str
    image_size: int | None = where(at_least(0))


def main(config: ConfigDict) -> None:
    """Prints the costs."""
    settings = read_group(CostSettings, config)
    genotype, label = None, "DARTS space"
    if settings.network != "supernet":
        with blame("genotype", settings.genotype, GenotypeError):
            genotype, label = resolve_genotype(settings.genotype)
            need_cells(genotype)
    size = settings.image_size or IMAGE_SIZES[settings.network]
    with blame("image_size", size, ValueError):
        cost = count(settings.network, genotype, size)
    if _FORMAT.value == "json":
        print(json.dumps({"params": cost.params, "macs": cost.macs}))
    else:
        print_table(cost, f"{settings.network}, {label}, {size}x{size}")


def count(network: str, genotype: Genotype | None, image_size: int) -> Cost:
    """The cost of a network of full size."""
    from dartsx.cost import network_cost, supernet_cost  # imports JAX: wrong names fail before
    from dartsx.nn import Network, Supernet

    if network == "supernet":
        return supernet_cost(Supernet(CellSpace()), image_size)
    if network == "imagenet":
        return network_cost(Network(genotype, 48, 14, 1000, stem="imagenet"), image_size)
    return network_cost(Network(genotype), image_size)


def print_table(cost: Cost, title: str) -> None:
    """One line for the stem, every cell and the classifier, and the totals."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, show_footer=True)
    table.add_column("layers", "total")
    table.add_column("parameters", f"{cost.params:,}", justify="right")
    table.add_column("multiply-adds", f"{cost.macs:,}", justify="right")
    for group in cost.groups():
        table.add_row(group.name, f"{group.params:,}", f"{group.macs:,}")
    Console().print(table)


if __name__ == "__main__":
    run_main(main, config="cost.py")
