"""Reads command lines by the programs that they name, without running these: JSON on stdin, a list of complaints out.

Every entry has ``place``, ``folder``, ``words`` (module or script and its arguments) and ``resolve``. Entry points end
in `absl.app.run` or in `argparse`, whose stand-ins here stop when the flags are read.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import pathlib
import runpy
import sys
from collections.abc import Sequence

from absl import app, flags

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEARCHES = ("dartsx.experiments.search", "dartsx.experiments.run")


class Read(Exception):
    """The command line is read; `args[0]` is what a main function would get."""


def _app_run(main, argv=None, flags_parser=None):
    raise Read(flags_parser(sys.argv) if flags_parser else flags.FLAGS(sys.argv))


_PARSE = argparse.ArgumentParser.parse_known_args


def _parse_args(self, args=None, namespace=None):
    given, rest = _PARSE(self, args, namespace)
    if rest:
        self.error(f"unrecognized arguments: {' '.join(rest)}")
    raise Read(given)


def _parse_known_args(self, args=None, namespace=None):
    """What a program leaves over is a config with overrides."""
    from dartsx.experiments.settings import parse_config

    _, rest = _PARSE(self, args, namespace)
    line = parse_config(["program", *rest])
    if len(line.rest) > 1:
        self.error(f"unrecognized arguments: {' '.join(line.rest[1:])}")
    raise Read(line.config)


def read(words: Sequence[str], resolve: bool) -> str | None:
    """What is wrong with a command line; None if nothing is."""
    module, *arguments = words
    before = set(flags.FLAGS)
    said = io.StringIO()
    sys.argv = [module, *arguments]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            runpy.run_module(module, run_name="__main__")
    except Read as given:
        return _resolved(given.args[0]) if resolve and module in SEARCHES else None
    except SystemExit:
        return said.getvalue().strip() or "exits"
    finally:
        for name in set(flags.FLAGS) - before:
            delattr(flags.FLAGS, name)
        flags.FLAGS.unparse_flags()
    return "ran to its end without reading flags"


def _resolved(config) -> str | None:
    from dartsx.experiments.settings import search_settings

    try:
        search_settings(config)
    except Exception as error:  # whatever a user of the command would be told
        return f"{type(error).__name__}: {error}"
    return None


def main() -> None:
    """Reads every command from its folder and prints what is wrong, as JSON."""
    app.run = _app_run
    argparse.ArgumentParser.parse_args = _parse_args
    argparse.ArgumentParser.parse_known_args = _parse_known_args
    sys.path.insert(0, str(ROOT))
    complaints = []
    for entry in json.load(sys.stdin):
        os.chdir(entry["folder"])
        sys.path.insert(0, entry["folder"])
        if problem := read(entry["words"], entry["resolve"]):
            complaints.append(f"{entry['place']}: {' '.join(entry['words'])}\n  {problem}")
        sys.path.remove(entry["folder"])
    json.dump(complaints, sys.stdout)


if __name__ == "__main__":
    main()
