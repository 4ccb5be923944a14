"""A process that takes many programs to compile, and is replaced when one of them ends it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from benchmarks.process import ROOT
from benchmarks.program import reason
from benchmarks.targets import environment


class Compiler:
    """Asks `programs_worker`; a context manager that ends it."""

    def __init__(self, target: str, within: float):
        """Starts no process yet.

        Args:
          target: a key of `TARGETS`.
          within: seconds for one answer.
        """
        self._target, self._within = target, within
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._errors.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer; ``status`` failed with the ``error`` if it dies or takes too long."""
        process = self._process or self._start()
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        start, late = time.monotonic(), threading.Timer(self._within, process.kill)
        late.start()
        line = process.stdout.readline()
        late.cancel()
        if line:
            return json.loads(line)
        code, stopped = process.wait(), time.monotonic() - start > self._within
        self._errors.seek(0)
        error = reason(code, self._errors.read())
        self._end()
        return {"status": "failed", "error": f"not within {self._within:g} s" if stopped else error}

    def _start(self) -> subprocess.Popen[str]:
        self._errors.seek(0)
        self._errors.truncate()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.programs_worker"],
            cwd=ROOT,
            env=environment(self._target),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None
