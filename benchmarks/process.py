"""Worker processes, from the side that asks: each implementation is measured in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLATFORMS = {"auto": {}, "cpu": {"JAX_PLATFORMS": "cpu"}, "gpu": {"JAX_PLATFORMS": "cuda"}}


class WorkerError(RuntimeError):
    """A worker ended or was stopped before it answered; its own message went to the standard error."""


class Worker:
    """A running task; a context manager that ends it.

    Attributes:
      about: what the task says of itself, see `tasks.base.Task`.
      start_seconds: time from the start of the process to the end of the first step.
    """

    def __init__(self, task: str, options: Mapping[str, Any], device: str = "auto", within: float | None = None):
        """Starts a worker and waits until it has done its first step.

        Args:
          task: one of `benchmarks.worker.TASKS`.
          options: options of the task.
          device: ``auto``, ``cpu`` or ``gpu``.
          within: seconds after which a worker that is not ready is stopped, None for no bound.

        Raises:
          WorkerError: it ended or was stopped before it was ready.
        """
        self.task = task
        # Two programs share a GPU: none may take all of its memory in advance.
        environment = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"} | PLATFORMS[device]
        command = [sys.executable, "-m", "benchmarks.worker", task, json.dumps(dict(options) | {"device": device})]
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that processes it starts end with it
        )
        try:
            self.about = self._read(within)
        except BaseException:
            self.close()
            raise
        self.start_seconds = time.perf_counter() - started

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def steps(self, count: int) -> list[float]:
        """Seconds of each of the next `count` steps."""
        return self._ask({"do": "steps", "count": count})["seconds"]

    def peak_mb(self) -> float:
        """Most memory in use so far, in 10^6 bytes: of the accelerator if there is one, else of the process."""
        memory = self._ask({"do": "memory"})
        return memory["host_peak_mb"] if memory["device_peak_mb"] is None else memory["device_peak_mb"]

    def program(self) -> dict[str, float]:
        """Figures of the compiled program: kernels, launches, temporary_mb."""
        return self._ask({"do": "program"})

    def close(self) -> None:
        """Ends the process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read(None)

    def _read(self, within: float | None) -> dict[str, Any]:
        timer = threading.Timer(within, self._process.kill) if within is not None else None
        if timer:
            timer.start()
        line = self._process.stdout.readline()
        if timer:
            timer.cancel()
        if line:
            return json.loads(line)
        code = self._process.wait()
        bound = "" if within is None else f", bound {within:g} s"
        raise WorkerError(f"the worker for {self.task!r} ended without an answer (exit status {code}{bound})")
