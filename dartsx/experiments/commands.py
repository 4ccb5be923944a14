"""The command ``dartsx``: one table of everything that can be run, each a module of this package with flags of its own.

``dartsx search --workdir=runs/a`` does what ``python -m dartsx.experiments.search --workdir=runs/a`` does. The table is
all that ``dartsx --help`` imports.
"""

from __future__ import annotations

import os
import runpy
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import dartsx
from dartsx import configs
from dartsx.catalog.rules import did_you_mean
from dartsx.experiments.piped import piped


class Command(NamedTuple):
    """One line of the help.

    Attributes:
      summary: what the command does.
      example: arguments of a call that makes sense as it stands.
    """

    summary: str
    example: str = ""


GROUPS: Mapping[str, Mapping[str, Command]] = {
    "Search and train": {
        "run": Command("search, derive, train beside a baseline and report, in a row", "--workdir=runs/digits"),
        "search": Command("search for an architecture", "--config=cifar10:drnas --workdir=runs/search"),
        "evaluate": Command(
            "train a network from scratch",
            "--config=cifar10 --config.genotype=runs/search --workdir=runs/network",
        ),
        "report": Command("tables, cells and curves of any runs", "--runs='runs/*' --out=runs/report"),
        "watch": Command("a page of the runs that are going on, in a browser", "runs/"),
        "compare": Command("two runs side by side", "runs/a runs/b --out=compare.html"),
    },
    "Use elsewhere": {
        "export": Command(
            "write a trained network as StableHLO, ONNX or PyTorch", "--workdir=runs/network --format=onnx"
        ),
        "predict": Command("classes of images by an exported network", "--model=runs/network/export/onnx photo.png"),
    },
    "Many runs": {
        "sweep": Command(
            "a grid, draws or a list of settings, each with several seeds",
            "--sweep='search.alphas.learning_rate=1e-3,1e-2' --seeds=0:3 --workdir=runs/sweep",
        ),
        "benchmark": Command(
            "several methods in NAS-Bench-201", "--methods=darts,drnas --seeds=0:3 --workdir=runs/benchmark"
        ),
        "strategies": Command("simulate strategies on a benchmark's table", "--strategies=random,evolution"),
        "design": Command(
            "compare spaces by the errors of their networks",
            "--spaces=anynet_digits_a,anynet_digits_d --budget=100 --workdir=runs/design",
        ),
    },
    "Look and count": {
        "spaces": Command("search spaces, their decisions and sizes", "--spaces=darts,nb201"),
        "networks": Command("networks that have a name, beside published counts"),
        "cost": Command("parameters, multiply-adds, memory, latency", "--config.network=mobilenet_v2"),
        "latency": Command(
            "measure the blocks of a space on this device", "--config.space.name=digit_chain --workdir=runs/latency"
        ),
        "tinynas": Command("rank spaces for a microcontroller", "--sram=320 --flash=1024"),
    },
    "Shell": {
        "completion": Command("print the completion of bash or zsh", "bash"),
    },
}
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}


def main() -> None:
    """Runs the command that ``sys.argv`` names, as if it were the program."""
    program, *arguments = sys.argv
    name = arguments[0] if arguments else "--help"
    if name in ("--help", "-h", "help"):
        with piped():
            print(help_text())
    elif name == "--version":
        print(f"dartsx {dartsx.__version__}")
    elif name in COMMANDS:
        _run(name, program, arguments[1:])
    else:
        hint = did_you_mean(name, COMMANDS)
        print(f"error: no command {name!r}; {hint}there are {', '.join(COMMANDS)}", file=sys.stderr)
        sys.exit(2)


def _run(name: str, program: str, arguments: Sequence[str]) -> None:
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())  # as python -m does: a space or method of one's own lies in the folder at hand
    sys.argv = [program, *arguments]
    runpy.run_module(f"dartsx.experiments.{name}", run_name="__main__", alter_sys=True)


def help_text() -> str:
    """Every command with an example, and the configs that have names."""
    lines = [
        "Differentiable neural architecture search in JAX.",
        "",
        "usage: dartsx COMMAND [--config=CONFIG] [--config.FIELD=VALUE ...] [--FLAG=VALUE ...]",
    ]
    width = max(map(len, COMMANDS))
    for title, group in GROUPS.items():
        lines += ["", title]
        for name, command in group.items():
            lines += [
                f"  {name:{width}}  {command.summary}",
                f"  {'':{width}}    dartsx {name} {command.example}".rstrip(),
            ]
    return "\n".join(
        [
            *lines,
            "",
            "dartsx COMMAND --help explains its flags. CONFIG is a Python or JSON file, or one of",
            textwrap.fill(", ".join(configs.names()), 100, initial_indent="  ", subsequent_indent="  ") + ";",
            "NAME:METHOD takes the settings of a method's paper too.",
        ]
    )
