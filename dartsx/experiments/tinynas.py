"""Ranks TinyNAS's spaces for a device by the multiply-adds of their networks that fit it (arXiv:2007.10319).

``dartsx tinynas --sram=320 --flash=1024 --workdir=runs/tinynas``

Of every width multiplier and resolution ``--samples`` networks are drawn, options of every decision alike. A network
fits if its peak memory, with a byte for a number, is at most ``--sram`` KiB and its parameters, with a byte each, are
at most ``--flash``. The space of the largest mean is the best: more multiply-adds are likely to be more accurate.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import flags

from dartsx.cost.chain import chain_counts, chain_parts
from dartsx.experiments.settings import SettingsError, check_finite, run_main
from dartsx.spaces.chains.tinynas import LAST, RESOLUTIONS, WIDTHS, tinynas

_SRAM = flags.DEFINE_float("sram", 320, "memory, KiB", lower_bound=0)
_FLASH = flags.DEFINE_float("flash", 1024, "storage, KiB", lower_bound=0)
_WIDTHS = flags.DEFINE_list("widths", [f"{width:g}" for width in WIDTHS], "width multipliers")
_RESOLUTIONS = flags.DEFINE_list("resolutions", [str(size) for size in RESOLUTIONS], "heights and widths of images")
_SAMPLES = flags.DEFINE_integer("samples", 1000, "networks drawn from each space", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "for the draw", lower_bound=0)
_LAST = flags.DEFINE_integer("last", LAST, "channels of the last convolution", lower_bound=8)
_IN_PLACE = flags.DEFINE_bool("in_place", True, "depthwise convolutions overwrite their input, as in TinyEngine")
_WORKDIR = flags.DEFINE_string("workdir", "", "folder for table, JSON and plot; empty: none")

# Figure 3 of the paper: means of the ten best spaces, millions.
PUBLISHED = {
    **{(0.3, 160): 32.5, (0.4, 112): 32.4, (0.4, 128): 39.3, (0.4, 144): 46.9, (0.5, 112): 38.3, (0.5, 128): 46.9},
    **{(0.5, 144): 52.0, (0.6, 112): 41.3, (0.7, 96): 31.4, (0.7, 112): 38.4},
}
MOST = 1000  # largest width multiplier and resolution, whose counts are whole numbers of 64 bits
ROWS = 15  # of the printed ranking


def main(arguments: Sequence[str]) -> None:
    """Prints the ranking."""
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")
    check_finite(_SRAM, _FLASH)
    widths, sizes = numbers("widths", _WIDTHS.value, float), numbers("resolutions", _RESOLUTIONS.value, int)
    from dartsx.report.limits import limits_grid, limits_json, limits_plot  # imports matplotlib
    from dartsx.report.tables import markdown_table

    spaces = [fitting(width, size) for width, size in itertools.product(widths, sizes)]
    facts = {name: flags.FLAGS[name].value for name in ("sram", "flash", "samples", "seed", "last", "in_place")}
    print(markdown_table(limits_grid(spaces, ROWS)))
    if _WORKDIR.value:
        folder = pathlib.Path(_WORKDIR.value)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"tinynas.md": markdown_table(limits_grid(spaces)) + "\n", "tinynas.json": limits_json(spaces, facts)}
        for name, text in {**texts, "tinynas.svg": limits_plot(spaces)}.items():
            (folder / name).write_text(text, encoding="utf-8")


def fitting(width: float, size: int) -> Any:
    """The networks of a space that fit."""
    from dartsx.report.limits import Fitting

    space = tinynas(width, size, last=_LAST.value)
    rng = np.random.default_rng((_SEED.value, round(100 * width), size))
    drawn = {
        name: rng.integers(len(decision.options), size=_SAMPLES.value) for name, decision in space.decisions.items()
    }
    counts = chain_counts(chain_parts(space.description()), drawn)
    memory = counts.in_place if _IN_PLACE.value else counts.memory
    fits = (memory <= 1024 * _SRAM.value) & (counts.params <= 1024 * _FLASH.value)
    return Fitting(f"w{width:g}-r{size}", _SAMPLES.value, counts.macs[fits], PUBLISHED.get((width, size)))


def numbers(flag: str, given: Sequence[str], kind: type) -> list[Any]:
    """Numbers above 0 and up to `MOST` of a flag.

    Raises:
      SettingsError: something else.
    """
    try:
        found = [kind(text) for text in given]
    except ValueError:
        found = []
    if not found or not all(0 < number <= MOST for number in found):
        what = "whole numbers" if kind is int else "numbers"
        raise SettingsError(f"--{flag}={','.join(given)}: must be {what} above 0 and up to {MOST}, separated by commas")
    return found


if __name__ == "__main__":
    run_main(main, config=None)
