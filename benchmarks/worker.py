"""A process that measures one task: ``python -m benchmarks.worker TASK '{"option": value}'``; started by `process`.

After its first step it answers requests, one JSON object per line on its standard input and output:
{"do": "steps", "count": n} -> {"seconds": [..]}; {"do": "memory"}; {"do": "program"}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

from benchmarks.tasks.base import MEGABYTE, Task, host_peak

TASKS = ("search", "network", "pytorch")


def main(name: str, options: dict[str, Any]) -> None:
    """Starts the task and serves until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    if name not in TASKS:
        raise ValueError(f"unknown task {name!r}; allowed: {', '.join(TASKS)}")
    task = importlib.import_module(f"benchmarks.tasks.{name}").start(options)
    _answer(answers, task.about)
    for line in sys.stdin:
        _answer(answers, _serve(task, json.loads(line)))


def _serve(task: Task, request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "steps":
        return {"seconds": [_seconds(task.step) for _ in range(request["count"])]}
    if request["do"] == "memory":
        device = task.device_peak()
        return {
            "host_peak_mb": host_peak() / MEGABYTE,
            "device_peak_mb": None if device is None else device / MEGABYTE,
        }
    if request["do"] == "program":
        return task.program()
    raise ValueError(f"unknown request {request}")


def _seconds(step) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _answer(answers, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
