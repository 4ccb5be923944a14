"""Whether a run may be resumed: under the same config, and under surroundings that compute the same.

What a user can bring back is refused where it changes results: the config, the backend, JAX's switches of precision and
randomness, and the versions of the libraries that compute (another XLA rounds otherwise, another Flax or Optax may
update otherwise, another NumPy may draw otherwise). What a scheduler decides, the kind of card and their number, and
what does not compute, Python and Orbax, is recorded with every resume and not refused.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

COMPUTING = ("jax", "jaxlib", "flax", "optax", "numpy")
_DIFFERENCES_SHOWN = 10


class WorkdirError(RuntimeError):
    """A folder that cannot be used for this run; the message says why and what to do."""


def check_config(
    path: pathlib.Path,
    there: Any,
    here: Mapping[str, Any],
    may_differ: tuple[str, ...],
    as_before: Mapping[str, Any],
    record: Any,
) -> dict[str, Any]:
    """Return the fields that differ and may, with their values here.

    Args:
      path: the work directory, for messages.
      there: its config.
      here: the config of the present run.
      may_differ: dotted names of fields, or of groups of them.
      as_before: dotted name -> value that stands for a field which the config there lacks.
      record: its run.json, if it has one.

    Raises:
      WorkdirError: naming the fields that differ and may not.
    """
    old, new = dict(_flatten(there)), dict(_flatten(here))
    for name in new:
        if name not in old and name in as_before:
            old[name] = _plain(as_before[name])
    absent = object()
    names = [n for n in [*old, *(n for n in new if n not in old)] if _differ(old.get(n, absent), new.get(n, absent))]
    allowed = {n for n in names if any(n == m or n.startswith(m + ".") for m in may_differ)}
    wrong = [name for name in names if name not in allowed]
    if wrong:
        lines = [f"  {name}: {_show(old, name)} -> {_show(new, name)}" for name in wrong[:_DIFFERENCES_SHOWN]]
        if len(wrong) > _DIFFERENCES_SHOWN:
            lines.append(f"  and {len(wrong) - _DIFFERENCES_SHOWN} more")
        raise WorkdirError(
            f"work directory {path} belongs to a run with another config; fields that differ "
            "(there -> here):\n" + "\n".join(lines) + "\n" + _way_on(path, any(n not in new for n in wrong), record)
        )
    return {name: new.get(name) for name in sorted(allowed)}


def check_surroundings(path: pathlib.Path, record: Mapping[str, Any], info: Mapping[str, Any]) -> None:
    """Compare backend, numerics and libraries with those under which the run began; what it did not record is free.

    Raises:
      WorkdirError: naming the first kind that differs, and how to go on.
    """
    for key, what, computing in (
        ("device", "backend", _backend),
        ("numerics", "settings that change results", lambda numerics: dict(numerics)),
        ("versions", "versions of the libraries that compute", _computing),
    ):
        if not isinstance(record.get(key), Mapping):
            continue
        old, new = computing(record[key]), computing(info[key])
        changed = [f"{n}: {old[n]} -> {new.get(n)}" for n in old if n in new and old[n] != new[n]]
        if changed:
            raise WorkdirError(
                f"work directory {path} belongs to a run under other {what} (there -> here): {'; '.join(changed)}. "
                f"Go on as it began, start anew in another work directory, or remove {key!r} from {path / 'run.json'} "
                "to go on all the same, which that file then says"
            )


def _backend(device: Mapping[str, Any]) -> dict[str, Any]:
    return {"platform": device.get("platform")}


def _computing(versions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: versions[name] for name in COMPUTING if name in versions}


def _way_on(path: pathlib.Path, gone: bool, record: Any) -> str:
    """How to resume: by its config, or, where this version lacks fields of it, by the version that wrote it."""
    if not gone:
        return (
            f"To resume that run pass its config ({path / 'config.json'}); for a new run choose another work directory"
        )
    record = record if isinstance(record, Mapping) else {}
    versions = record.get("versions") if isinstance(record.get("versions"), Mapping) else {}
    return (
        f"Fields absent here belong to another version, which resumes that run: dartsx {versions.get('dartsx')}, "
        f"revision {record.get('git')}; for a new run choose another work directory"
    )


def _differ(a: Any, b: Any) -> bool:
    return type(a) is not type(b) or a != b


def _show(fields: Mapping[str, Any], name: str) -> str:
    return repr(fields[name]) if name in fields else "absent"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flatten(item, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
