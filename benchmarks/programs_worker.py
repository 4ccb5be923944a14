"""A process that lowers and compiles one program after another; see `programs`.

Requests and answers are lines of JSON. ``build`` makes a step and says whether it is refused; ``lower`` goes on to
StableHLO and names the program by a hash of its text; ``compile`` compiles what was lowered last.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import sys
import traceback
from typing import Any

import jax

from benchmarks.hlo import count_kernels
from benchmarks.process import ROOT
from benchmarks.program_worker import lower, step

OURS = tuple(str(ROOT / folder) for folder in ("benchmarks", "dartsx"))


class Programs:
    """Answers requests; keeps the program that was lowered last."""

    def __init__(self) -> None:
        self._lowered: jax.stages.Lowered | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What became of a request: its figures, or ``status`` refused or failed with the ``error``."""
        try:
            return {"status": "ok"} | {"build": self._build, "lower": self._lower, "compile": self._compile}[
                request["do"]
            ](request)
        except Exception as error:  # whatever goes wrong with one program is its result
            named = isinstance(error, ValueError) and request["do"] != "compile" and _raised_here(error)
            text = str(error) if named else f"{type(error).__name__}: {error}"
            return {"status": "refused" if named else "failed", "error": " ".join(text.split())[:400]}

    def _build(self, request: dict[str, Any]) -> dict[str, Any]:
        step(request)
        return {}

    def _lower(self, request: dict[str, Any]) -> dict[str, Any]:
        self._lowered = None
        jax.clear_caches()
        self._lowered, seconds = lower(step(request), request["target"])
        return {"hash": hashlib.sha256(self._lowered.as_text().encode()).hexdigest()[:16], **seconds}

    def _compile(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"kernels": count_kernels(self._lowered.compile().as_text()).written}


def _raised_here(error: Exception) -> bool:
    """Whether the project itself raised an error, and not a library that it called."""
    raised = traceback.extract_tb(error.__traceback__)[-1].filename
    return str(pathlib.Path(raised).resolve()).startswith(OURS)


def main() -> None:
    """Answers line by line until the standard input ends."""
    programs = Programs()
    for line in sys.stdin:
        print(json.dumps(programs.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
