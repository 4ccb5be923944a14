"""Writes a trained network in a form that other programs compute.

``dartsx export --workdir=runs/network --format=onnx``
``dartsx export --workdir=runs/network --format=torch --out=exported``
"""

from __future__ import annotations

import pathlib

from absl import flags

from dartsx.catalog import EXPORTS
from dartsx.experiments.settings import REQUIRED, SettingsError, run_main

_FORMAT = flags.DEFINE_enum("format", EXPORTS[0], EXPORTS, "what to write")
_OUT = flags.DEFINE_string("out", None, "folder to write to; by default export/FORMAT in the work directory")
_EXAMPLES = flags.DEFINE_integer(
    "examples", 64, "test examples on which the outputs are compared with dartsx's; 0 for none", lower_bound=0
)


def main(arguments: list[str], workdir: str) -> None:
    """Exports the network of an evaluation's work directory and says what was written."""
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")
    from dartsx.experiments.jobs.export import run_export  # imports JAX: wrong flags fail before that

    out = pathlib.Path(_OUT.value or pathlib.Path(workdir, "export", _FORMAT.value))
    for line in run_export(workdir, _FORMAT.value, out, _EXAMPLES.value):
        print(line, flush=True)


if __name__ == "__main__":
    run_main(main, config=None, workdir=REQUIRED)
