"""Times programs on the accelerator of this machine: ``python -m benchmarks.device --out=FOLDER --seconds=500``.

All cases are compiled side by side, each in a process of its own; then they are timed one after the other, alone: a
process that still compiles is halted meanwhile. The order of `CASES` is that of importance, and what does not fit into
the time is left out and named. ``device.json`` and ``device.md`` are written anew after every case.

  step_ms           median of the blocks' milliseconds per step, and their quartiles
  kernels, temporary_mb, compile_s   as in `program`; the compilations share the processor, and include autotuning
  finite            whether the losses of all steps were finite
  profile           milliseconds and launches of a step by kind of kernel, where a profile was asked for
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import selectors
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import records
from benchmarks.process import ROOT

SHARE = 0.62  # of the time is for the first round of compilations
LAST = 20.0  # seconds that the last case may take
CIFAR = "--config=cifar10"
BFLOAT16 = "--config.dtype=bfloat16"


@dataclasses.dataclass(frozen=True)
class Case:
    """One program.

    Attributes:
      name: short and unique.
      config: arguments such as ``--config=FILE``.
      what: search, evaluate or population; or ``inner`` (forms of second units) or ``pytorch``.
      size: see `steps`.
      layout: layout of the supernet's arrays.
      precision: precision of float32 products, ``default`` (TF32 on Ampere and later) or ``highest``.
      profile: also profile some steps.
    """

    name: str
    config: tuple[str, ...] = (CIFAR, BFLOAT16)
    what: str = "search"
    size: str = "full"
    layout: str | None = "pixel_major"
    precision: str = "default"
    profile: bool = False


EXACT = "--config.hypergradient=exact"
DIFFERENCE = "--config.hypergradient=finite_difference"
GENOTYPE = "--config.genotype=DARTS_V2"
CASES = (
    Case("pixel-major", profile=True),
    Case("channel-major", layout="channel_major", profile=True),
    Case("pixel-major exact", (CIFAR, BFLOAT16, EXACT)),
    Case("evaluation DARTS_V2", (CIFAR, BFLOAT16, GENOTYPE), what="evaluate", layout=None, profile=True),
    Case("pixel-major float32", (CIFAR,)),
    Case("inner units", what="inner"),
    Case("pytorch", what="pytorch"),
    Case("pixel-major finite difference", (CIFAR, BFLOAT16, DIFFERENCE)),
    Case("population of 8 medium", what="population", size="medium"),
    Case("NAS-Bench-201", ("--config=nb201", BFLOAT16)),
    Case("pixel-major float32 highest", (CIFAR,), precision="highest"),
    Case("pixel-major medium", size="medium"),
)


class Process:
    """A case's process: it compiles, says so, and times when it is told to."""

    def __init__(self, case: Case, platform: str | None):
        request = dataclasses.asdict(case) | {"config": list(case.config)}
        variables = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        if platform:
            variables["JAX_PLATFORMS"] = platform
        self.case, self.ready, self.ended = case, None, False
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115, closed by `close`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.device_worker", json.dumps(request)],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )

    def read(self) -> dict[str, Any]:
        """Its next line; why it ended if there is none."""
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.ended = True
        code = self.process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()] or ["no message"]
        said = [line for line in lines if "Check failed" in line or "Error" in line]
        return {"ok": False, "error": f"exit status {code}: {(said or lines)[-1][:500]}"}

    def time(self) -> dict[str, Any]:
        """Has it time its program."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("time\n")
            self.process.stdin.flush()
        return self.read()

    def signal(self, number: int) -> None:
        """Sends a signal to the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def close(self) -> None:
        """Ends it."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.process.wait()
        self._errors.close()


def measure(cases: Sequence[Case], seconds: float, out: pathlib.Path, platform: str | None) -> dict[str, Any]:
    """All figures, by the names of the cases."""
    started = time.monotonic()
    results: dict[str, Any] = {}
    processes = [Process(case, platform) for case in cases]
    try:
        for until in (seconds * SHARE, seconds - LAST):
            _wait(processes, results, started + until, out)
            waiting = [p for p in processes if p.ready is None and not p.ended]
            for process in waiting:
                process.signal(signal.SIGSTOP)
            for process in [p for p in processes if p.ready is not None and p.case.name not in results]:
                if time.monotonic() - started > seconds - LAST / 2:
                    break
                results[process.case.name] = process.ready | process.time()
                process.close()
                process.ended = True
                _say(process.case.name, results[process.case.name])
                write(results, cases, out)
            for process in waiting:
                process.signal(signal.SIGCONT)
        for process in processes:
            if process.case.name not in results:
                left = "compiled, not timed" if process.ready else "not compiled"
                error = f"{left} within {seconds:g} s"
                results[process.case.name] = (process.ready or {}) | {"ok": False, "error": error}
    finally:
        for process in processes:
            if process.process.poll() is None:
                process.close()
    write(results, cases, out)
    return results


def _wait(processes: Sequence[Process], results: dict[str, Any], until: float, out: pathlib.Path) -> None:
    """Reads what processes say until all are ready or the time has come."""
    with selectors.DefaultSelector() as selector:
        for process in processes:
            if process.ready is None and not process.ended:
                selector.register(process.process.stdout, selectors.EVENT_READ, process)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(min(left, 5)):
                process, said = key.data, key.data.read()
                selector.unregister(key.fileobj)
                if process.ended:
                    results[process.case.name] = said
                else:
                    process.ready = said
                _say(process.case.name, said)


def _say(name: str, result: dict[str, Any]) -> None:
    print(f"{name}: {json.dumps({k: v for k, v in result.items() if k != 'profile'})}", flush=True)


def write(results: dict[str, Any], cases: Sequence[Case], out: pathlib.Path) -> None:
    """Both files."""
    about = next((result["about"] for result in results.values() if "about" in result), {})
    head = {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "command": f"python -m benchmarks.device {shlex.join(sys.argv[1:])}",
        "machine": records.machine(),
        **about,
    }
    found = {case.name: results[case.name] for case in cases if case.name in results}
    whole = head | {"results": {name: {k: v for k, v in one.items() if k != "about"} for name, one in found.items()}}
    out.mkdir(parents=True, exist_ok=True)
    (out / "device.json").write_text(json.dumps(whole, indent=1))
    (out / "device.md").write_text(markdown(head, found))


def markdown(head: dict[str, Any], results: dict[str, Any]) -> str:
    """The figures as tables."""
    lines = [f"{name}: {value}" for name, value in head.items()]
    lines += ["", "| program | step (ms) | quartiles | kernels | temporary (MB) | compile (s) | finite |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    tables: list[str] = []
    for name, one in results.items():
        if "step_ms" in one:
            low, high = one["quartiles_ms"]
            row = (f"{one['step_ms']:.2f}", f"{low:.2f} to {high:.2f}", one.get("kernels", "-"))
            row += (_number(one.get("temporary_mb")), _number(one.get("compile_s")), one.get("finite", "-"))
        else:
            row = (one.get("error") or "see below", "", "", "", _number(one.get("compile_s")), "")
        lines.append(f"| {name} | " + " | ".join(map(str, row)) + " |")
        for title in ("profile", "forms"):
            if one.get(title):
                tables += ["", f"{name}, {title}:", "", "| kind | ms | launches |", "| --- | --- | --- |"]
                tables += [f"| {kind} | {ms:.3f} | {count} |" for kind, (ms, count) in one[title].items()]
    return "\n".join([*lines, *tables, ""])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def main() -> None:
    """Measures what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.device", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("device"))
    parser.add_argument("--seconds", type=float, default=500.0, help="for everything")
    parser.add_argument("--cases", help=f"names with commas, of: {', '.join(case.name for case in CASES)}")
    parser.add_argument("--size", help="instead of every case's size, for a trial")
    parser.add_argument("--platform", help="value of JAX_PLATFORMS")
    arguments = parser.parse_args()
    names = arguments.cases.split(",") if arguments.cases else [case.name for case in CASES]
    unknown = set(names) - {case.name for case in CASES}
    if unknown:
        parser.error(f"--cases: unknown {', '.join(sorted(unknown))}")
    cases = [case for case in CASES if case.name in names]
    if arguments.size:
        cases = [dataclasses.replace(case, size=arguments.size) for case in cases]
    results = measure(cases, arguments.seconds, arguments.out, arguments.platform)
    print((arguments.out / "device.md").read_text())
    sys.exit(0 if all("error" not in one or one["error"] is None for one in results.values()) else 1)


if __name__ == "__main__":
    main()
