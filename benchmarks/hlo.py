"""How many kernels a compiled program launches, counted in its optimised HLO text.

Counted is every instruction that does work of its own in a computation that runs instruction by instruction: the entry
computation, the bodies and conditions of its loops, the branches of its conditionals, the computations it calls. A
fusion is one kernel, whatever it holds; so is a library call, a copy, or a sort with its comparison. Not counted are
instructions that only name, group or reinterpret values, and the end of an asynchronous pair, whose start is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Parameters, constants and views take no time; control flow counts by what it runs.
NO_WORK = {
    "add-dependency",
    "after-all",
    "bitcast",
    "constant",
    "domain",
    "get-tuple-element",
    "opt-barrier",
    "parameter",
    "partition-id",
    "replica-id",
    "tuple",
}
CONTROL = {"call", "conditional", "while"}

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) .*\{$")
_CALLED = re.compile(
    r"(?:body|condition|to_apply|branch_computations|true_computation|false_computation)=(\{[^}]*\}|%?[\w.\-]+)"
)
_NAME = re.compile(r"%?([\w.\-]+)")
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')


class Kernels(NamedTuple):
    """Kernels in the program's text, and launches of them: a loop's body counts as often as it is known to run."""

    written: int
    launched: int


class _Instruction(NamedTuple):
    opcode: str
    called: tuple[str, ...]
    trips: int


def count_kernels(text: str) -> Kernels:
    """Counts the kernels of an optimised HLO module (`jax.stages.Compiled.as_text()`).

    Raises:
      ValueError: the text has no entry computation.
    """
    computations, entry = _parse(text)
    if entry is None:
        raise ValueError("no ENTRY computation: this is not the text of an HLO module")
    known: dict[str, Kernels] = {}

    def count(name: str) -> Kernels:
        if name not in known:
            written = launched = 0
            for instruction in computations[name]:
                if instruction.opcode in CONTROL:
                    inside = [count(called) for called in instruction.called]
                    written += sum(kernels.written for kernels in inside)
                    launched += instruction.trips * sum(kernels.launched for kernels in inside)
                elif instruction.opcode not in NO_WORK and not instruction.opcode.endswith(("-done", "-update")):
                    written += 1
                    launched += 1
            known[name] = Kernels(written, launched)
        return known[name]

    return count(entry)


def _parse(text: str) -> tuple[dict[str, list[_Instruction]], str | None]:
    computations: dict[str, list[_Instruction]] = {}
    current, entry = [], None
    for line in text.splitlines():
        header = _COMPUTATION.match(line)
        if header:
            current = computations.setdefault(header[2], [])
            entry = header[2] if header[1] else entry
        elif line.startswith("  ") and " = " in line:
            current.append(_instruction(line))
    return computations, entry


def _instruction(line: str) -> _Instruction:
    opcode, rest = _after_type(line.split(" = ", 1)[1]).split("(", 1)
    called = tuple(_called(rest)) if opcode in CONTROL else ()
    trips = _TRIPS.search(rest)
    return _Instruction(opcode, called, int(trips[1]) if trips else 1)


def _called(attributes: str) -> Iterator[str]:
    for group in _CALLED.findall(attributes):
        yield from _NAME.findall(group)


def _after_type(text: str) -> str:
    """What follows the type: one word, or a tuple in brackets with spaces in it."""
    if not text.startswith("("):
        return text.split(" ", 1)[1]
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return text[i + 1 :].lstrip()
    raise ValueError(f"unbalanced brackets: {text[:80]}")
