"""Counts of all networks beside those of the papers and of other libraries, which ``reference.csv`` holds.

The file gives parameters and multiply-adds in millions, to as many digits as the source does: six decimals are exact,
``23.1e3`` is known to hundreds of millions. Exact figures of libraries are counted on their own modules without
weights (torchvision 0.28.0, timm 1.0.31, pytorchcv 0.0.74): trainable parameters, and multiply-adds by hooks on all
convolutions and linear layers. Where a source counts for another image size than the paper's, its size is taken.
"""

from __future__ import annotations

import csv
import functools
from decimal import Decimal
from importlib import resources
from typing import NamedTuple

from dartsx.networks.table import names, network


class Reference(NamedTuple):
    """What a source says; texts are numbers of millions, empty where it says nothing."""

    image_size: int
    params_m: str
    macs_m: str
    source: str


class Row(NamedTuple):
    """A network's counts, computed here, and the source's minus them at the source's precision (None: no figure).

    Attributes:
      name: a key of the table of networks.
      image_size: height and width for which multiply-adds are counted.
      params, macs: computed from the description.
      params_m, macs_m: the source's figures in millions.
      params_off, macs_off: differences in millions.
      source: source of the figures; that of the description where there are none.
    """

    name: str
    image_size: int
    params: int
    macs: int
    params_m: str
    macs_m: str
    params_off: float | None
    macs_off: float | None
    source: str


@functools.cache
def references() -> dict[str, Reference]:
    """All figures, by name of the network."""
    text = (resources.files("dartsx.networks") / "reference.csv").read_text(encoding="ascii")
    return {
        row["network"]: Reference(int(row["image_size"]), row["params_m"], row["macs_m"], row["source"])
        for row in csv.DictReader(text.splitlines())
    }


def rows() -> tuple[Row, ...]:
    """One row for every network of the table."""
    return tuple(row(name) for name in names())


def row(name: str) -> Row:
    """The row of one network."""
    described = network(name)
    given = references().get(name) or Reference(described.image_size, "", "", described.source)
    params, macs = described.params(), described.macs(given.image_size)
    offs = (_off(given.params_m, params), _off(given.macs_m, macs))
    return Row(name, given.image_size, params, macs, given.params_m, given.macs_m, *offs, given.source)


def _off(figure: str, count: int) -> float | None:
    if not figure:
        return None
    given = Decimal(figure)
    return float(given - Decimal(count).scaleb(-6).quantize(given))
