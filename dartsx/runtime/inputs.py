"""What a run reads beside its config: recorded by its content, since a path may come to name something else."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from dartsx.runtime.same_run import WorkdirError

_LONG = 16  # characters of a fingerprint that a message shows


@dataclasses.dataclass(frozen=True)
class Input:
    """One thing that a run reads, such as its data or a genotype's file.

    Attributes:
      content: what it is, plain JSON: a fingerprint, counts. Equal content is the same input.
      fields: dotted names of the config fields that only say where it lies; a resumed run may find it elsewhere.
    """

    content: Mapping[str, Any]
    fields: tuple[str, ...] = ()


def check_inputs(
    path: pathlib.Path, there: Mapping[str, Any], here: Mapping[str, Input], moved: Mapping[str, Any]
) -> None:
    """Compare inputs with those that a run recorded when it began; one that it did not record is as before.

    Args:
      path: the work directory, for messages.
      there: contents by name, of run.json.
      here: what the run would read now.
      moved: config fields that differ, with their present values.

    Raises:
      WorkdirError: saying what changed, such as ``data: train 16 -> 24, fingerprint sha256:3f... -> sha256:a7...``.
    """
    lines = []
    for name, given in here.items():
        old, new = there.get(name), given.content
        if isinstance(old, Mapping) and old != new:
            fields = [field for field in {**old, **new} if old.get(field) != new.get(field)]
            line = ", ".join(f"{field} {_show(old.get(field))} -> {_show(new.get(field))}" for field in fields)
            places = ", ".join(f"{field}={moved[field]!r}" for field in given.fields if field in moved)
            lines.append(f"{name}: {line}" + (f" ({places})" if places else ""))
    if lines:
        raise WorkdirError(
            f"work directory {path} belongs to a run with other inputs (there -> here): {'; '.join(lines)}. To go on "
            "with that run give it what it began with; for a new run choose another work directory"
        )


def recorded(record: Any) -> Mapping[str, Any]:
    """The contents of inputs in a run.json; none where an earlier version wrote it."""
    inputs = record.get("inputs") if isinstance(record, Mapping) else None
    return inputs if isinstance(inputs, Mapping) else {}


def located(there: Mapping[str, Any], here: Mapping[str, Input]) -> tuple[str, ...]:
    """Config fields that may differ since what they locate is recorded by its content."""
    return tuple(field for name, given in here.items() if name in there for field in given.fields)


def _show(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONG + 3 or not isinstance(value, str) or " " in text else text[:_LONG] + "..."
