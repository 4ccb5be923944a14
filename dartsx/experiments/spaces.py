"""Lists the search spaces: decisions, options, exact number of architectures, and how large their networks are.

``dartsx spaces``
``dartsx spaces --spaces=darts,my_module:my_space --format=json``

Parameters and multiply-adds are the smallest and largest of ``--draws`` networks, drawn uniformly with ``--seed`` and
counted at the space's own scale.
"""

from __future__ import annotations

import json
from typing import Any

from absl import flags

from dartsx.experiments.settings import SettingsError, run_main
from dartsx.experiments.tables import show, table
from dartsx.spaces import SPACES, named_space
from dartsx.spaces.survey import survey

_FORMAT = flags.DEFINE_enum("format", "table", ["table", "json"], "a table, or a list of objects as JSON")
_SPACES = flags.DEFINE_list("spaces", list(SPACES), "names, or module:attribute of your own, separated by commas")
_DRAWS = flags.DEFINE_integer("draws", 10, "networks that are drawn and counted", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "for the draw", lower_bound=0)

COLUMNS = ("space", "decisions", "options", "architectures", "parameters", "multiply-adds")


def main(arguments: list[str]) -> None:
    """Prints the table."""
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")
    spaces = {name: named_space(name) for name in _SPACES.value}  # all of them, before any is counted
    records = [survey(name, space, _DRAWS.value, _SEED.value) for name, space in spaces.items()]
    if _FORMAT.value == "json":
        print(json.dumps(records))
        return
    made = table(caption=f"parameters and multiply-adds: of {_DRAWS.value} networks, drawn with seed {_SEED.value}")
    for i, name in enumerate(COLUMNS):
        made.add_column(name, justify="right" if i else "left")
    for found in records:
        made.add_row(*line(found))
    show(made)


def line(found: dict[str, Any]) -> tuple[str, ...]:
    """A space's record as a line of a table."""
    options = sorted({len(labels) for labels in found["decisions"].values()})
    return (
        found["name"],
        str(len(found["decisions"])),
        str(options[0]) if len(options) == 1 else f"{options[0]} to {options[-1]}",
        _short(int(found["count"])),
        *(" to ".join(f"{number:,}" for number in found[kind]) for kind in ("params", "macs")),
    )


def _short(count: int) -> str:
    """Exact up to 15 digits, then its leading ones."""
    return f"{count:,}" if count < 10**15 else f"{count:.3e}"


if __name__ == "__main__":
    run_main(main, config=None)
