"""Any step of any config, compiled for a machine that is not here.

    python -m benchmarks.program --target=h100 --config=cifar10:gdas --what=search --size=full
    python -m benchmarks.program --target=v5e-4 --config=digits --what=evaluate --config.dtype=bfloat16

Every compilation runs in a process of its own, so that one that ends its process is a result too. Nothing is run, so
nothing is timed but the compilation itself.

  ok, error               whether it compiled, and if not, why
  kernels, launches       instructions of the compiled program that do work of their own (see `hlo`)
  flops                   floating point operations of the program as it was written
  bytes                   read and written by all kernels, as XLA counts them
  temporary_mb            memory beside arguments and results
  trace_s, lower_s, compile_s   seconds, which depend on this machine and on what else it does
  library_calls           calls of cuDNN, cuBLAS and the like, by kind
  collectives             by kind: how many, and bytes of their results on one device
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import records
from benchmarks.process import ROOT
from benchmarks.targets import TARGETS, environment

WHAT = ("search", "evaluate", "population")
SIZES = ("small", "medium", "full", "config")


def parse(argv: Sequence[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """The command line, and the arguments that concern the config."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.program", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=TARGETS, required=True)
    parser.add_argument("--what", choices=WHAT, default="search")
    sizes = "in place of the config's channels, layers and batch; config: as it says"
    parser.add_argument("--size", choices=SIZES, default="small", help=sizes)
    parser.add_argument("--pixels", type=int, default=32, help="height and width of the images with --size=config")
    parser.add_argument("--mesh", type=int, default=1, help="devices over which batches are split")
    parser.add_argument("--members", type=int, default=8, help="of a population")
    parser.add_argument("--layout", choices=("channel_major", "pixel_major"), help="of cells; by default chosen")
    parser.add_argument("--within", type=float, help="seconds after which a compilation is stopped")
    parser.add_argument("--hlo", help="file for the text of the compiled program")
    records.add_output(parser)
    arguments, rest = parser.parse_known_args(argv)
    for argument in rest:
        if not argument.startswith(("--config", "--noconfig")):
            parser.error(f"unknown argument {argument}; fields of the config are --config.FIELD=VALUE")
    return arguments, rest


def compiled(request: Mapping[str, Any], within: float | None = None) -> dict[str, Any]:
    """Figures of one program, or why there is none; see the module's docstring.

    Args:
      request: target, what, size, pixels, mesh, members, layout, hlo, and config: arguments such as ``--config=FILE``.
      within: seconds after which the compilation is stopped.
    """
    command = [sys.executable, "-m", "benchmarks.program_worker", json.dumps(dict(request))]
    variables = environment(request["target"])
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, errors="replace", timeout=within
        )
    except subprocess.TimeoutExpired:
        return _failed(f"not compiled within {within:g} s")
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return json.loads(lines[-1])
    return _failed(reason(done.returncode, done.stderr))


def _failed(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def reason(code: int, stderr: str) -> str:
    """The line that says why a process ended."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if "Check failed" in line or "Error" in line or "error:" in line]
    ended = f"ended by signal {-code}" if code < 0 else f"exit status {code}"
    return f"{ended}: {(said or lines or ['no message'])[-1].strip()[:500]}"


def request_of(arguments: argparse.Namespace, config: Sequence[str]) -> dict[str, Any]:
    """What the worker is asked for."""
    names = ("target", "what", "size", "pixels", "mesh", "members", "layout", "hlo")
    return {name: getattr(arguments, name) for name in names} | {"config": list(config)}


def table(result: Mapping[str, Any], title: str) -> str:
    """The figures for people."""
    rows = [(name, _shown(value)) for name, value in result.items() if name != "about"]
    return records.rows_table(rows, ("", ""), title)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items()) or "none"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def main() -> None:
    """Compiles and reports; exit status 1 if it did not compile."""
    arguments, config = parse()
    result = compiled(request_of(arguments, config), arguments.within)
    words = [arguments.what, arguments.size, *config]
    title = f"{' '.join(words)}, compiled for {arguments.mesh} x {arguments.target}"
    records.finish(
        arguments, f"program-{arguments.what}-{arguments.size}-{arguments.target}", result, table(result, title)
    )
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
