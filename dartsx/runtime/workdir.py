"""The work directory: held by one run at a time, resumed by the same run, never overwritten."""

import contextlib
import dataclasses
import datetime
import math
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from dartsx.runtime.checkpoints import Checkpointer
from dartsx.runtime.files import TEMPORARY_SUFFIX, finite, read_json, write_json
from dartsx.runtime.inputs import Input, check_inputs, located, recorded
from dartsx.runtime.lock import LOCK_NAME, Locked, lock_folder
from dartsx.runtime.run_info import record_run_info
from dartsx.runtime.same_run import WorkdirError, check_config, check_surroundings

SCHEMA = 1
STATUSES = ("running", "finished", "stopped", "failed")


@dataclasses.dataclass(frozen=True)
class Workdir:
    """An open work directory.

    As a context manager it lets go of the lock at the end, and an exception sets the status to
    failed.

    Attributes:
      path: the folder.
      resumed: whether the run was there before.
      finished: whether it has finished; then nothing was changed, and nothing should be.
      primary: whether this process (number 0) is the one that writes.
      pause_after: epochs after which a loop stops, to be gone on with; None for all.
      opened: what it was opened with, see `open_workdir`.
    """

    path: pathlib.Path
    resumed: bool
    finished: bool
    primary: bool
    pause_after: int | None = None
    opened: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    _lock: Locked | None = dataclasses.field(default=None, repr=False, compare=False)

    @property
    def checkpoints(self) -> pathlib.Path:
        """Folder for the checkpoints."""
        return self.path / "checkpoints"

    def checkpointer(self, keep: int) -> Checkpointer:
        """Opens the checkpoints, of which so many are kept."""
        return Checkpointer(self.checkpoints, keep=keep)

    def part(self, name: str, **run: Any) -> "Workdir":
        """Opens a folder in it for a part of the same run, as a work directory with the same config.

        Args:
          name: name of the folder.
          **run: further fields of its run.json.
        """
        further = {"run": {**self.opened["run"], **run}, "pause_after": self.pause_after}
        return open_workdir(self.path / name, **{**self.opened, **further})

    def run_record(self) -> dict[str, Any]:
        """Contents of run.json."""
        return read_json(self.path / "run.json")

    def update_run(self, **fields: Any) -> None:
        """Changes fields of run.json in one step, such as ``status="finished"``.

        Raises:
          ValueError: for an unknown status.
        """
        if "status" in fields and fields["status"] not in STATUSES:
            raise ValueError(f"status={fields['status']!r}: allowed are {', '.join(STATUSES)}")
        if self.primary:
            write_json(self.path / "run.json", {**self.run_record(), **fields})

    def write_json(self, name: str, value: Any) -> None:
        """Writes a JSON file of the folder, such as result.json, in one step; null for numbers that are not finite."""
        if self.primary:
            write_json(self.path / name, finite(value))

    def read_json(self, name: str) -> Any:
        """Reads a JSON file of the folder."""
        return read_json(self.path / name)

    def close(self) -> None:
        """Lets go of the lock."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> "Workdir":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is not None and not self.finished:
                status = "stopped" if issubclass(kind, KeyboardInterrupt) else "failed"
                with contextlib.suppress(OSError):  # of a full disk, say, which is then what the error is about
                    self.update_run(status=status)
        finally:
            self.close()


def open_workdir(
    path: str | os.PathLike,
    config: Mapping[str, Any],
    kind: str,
    *,
    run: Mapping[str, Any] | None = None,
    may_differ: Sequence[str] = (),
    as_before: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Input] | None = None,
    pause_after: int | None = None,
) -> Workdir:
    """Creates a work directory, or opens it again for the same run.

    A new one gets config.json and run.json (status running). One that exists must hold the same
    config and kind, and be resumed under surroundings that compute the same (see
    `dartsx.runtime.same_run`); one that has finished is reported and left alone. With several processes
    all call this with a folder they share; process 0 does the work and the others learn what it
    found.

    Args:
      path: the folder; parents are made as needed.
      config: the resolved config, plain JSON (tuples count as lists).
      kind: ``"search"`` or ``"evaluate"``.
      run: further fields of run.json, such as seed, dataset and method.
      may_differ: dotted names of config fields (or groups of them) in which a resumed run may
        differ, such as ``"log"`` or ``"mesh.devices"``.
      as_before: dotted name -> value that stands for a field which the config of an earlier version lacks.
      inputs: what the run reads beside its config, by name; recorded in run.json when it begins. It
        may lie elsewhere when the run goes on, but must be the same.
      pause_after: epochs after which the run stops this time, as by a signal; no part of what the run is.

    Returns:
      The open work directory, locked until it is closed or the process dies.

    Raises:
      WorkdirError: if the folder belongs to something else, to a run with another config (naming
        the fields), other inputs (saying what changed) or under other surroundings, is in use, cannot
        be written to, or its name is no UTF-8.
      TypeError: naming the field, if the config is not plain JSON.
    """
    path = pathlib.Path(path).absolute()
    opened = {"config": config, "kind": kind, "run": dict(run or {})}
    opened |= {"may_differ": tuple(may_differ), "as_before": dict(as_before or {})}
    opened |= {"inputs": dict(inputs or {})}
    how = _open if jax.process_count() == 1 else _open_together
    return dataclasses.replace(how(path, *opened.values()), opened=opened, pause_after=pause_after)


def _open(
    path: pathlib.Path,
    config: Mapping[str, Any],
    kind: str,
    run: dict[str, Any],
    may_differ: tuple[str, ...],
    as_before: dict[str, Any],
    inputs: Mapping[str, Input],
) -> Workdir:
    config = _plain_config(config)
    _check_name(path)
    if path.exists() and not path.is_dir():
        raise WorkdirError(f"work directory {path} is a file; choose another path")
    foreign = not (path / "config.json").exists() and _contents(path)
    if foreign:
        raise WorkdirError(
            f"work directory {path} is not empty and holds no run of ours (no config.json; found "
            f"{', '.join(foreign[:5])}); choose another path or an empty folder"
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkdirError(f"work directory {path} cannot be made: {error.strerror}; choose another path") from error
    lock = lock_folder(path)
    if isinstance(lock, str):
        raise WorkdirError(f"work directory {path} is in use by {lock}; wait for it or stop it")
    try:
        return _enter(path, config, kind, run, may_differ, as_before, inputs, lock)
    except BaseException:
        lock.release()
        raise


def _enter(
    path: pathlib.Path,
    config: dict[str, Any],
    kind: str,
    run: dict[str, Any],
    may_differ: tuple[str, ...],
    as_before: dict[str, Any],
    inputs: Mapping[str, Input],
    lock: Locked,
) -> Workdir:
    info = record_run_info()
    run = {**run, "inputs": {name: dict(given.content) for name, given in inputs.items()}}
    if not (path / "config.json").exists():
        write_json(path / "config.json", config)
        _start(path, kind, run, info)
        return Workdir(path, resumed=False, finished=False, primary=True, _lock=lock)
    try:
        there = read_json(path / "config.json")
        record = read_json(path / "run.json") if (path / "run.json").exists() else None
    except ValueError as error:
        raise WorkdirError(f"{error}; choose another work directory") from error
    found = record.get("kind") if isinstance(record, dict) else None
    if record is not None and found != kind:
        raise WorkdirError(f"work directory {path} holds a run of kind {found!r}, not {kind!r}; choose another path")
    known = recorded(record)
    allowed = check_config(path, there, config, (*may_differ, *located(known, inputs)), as_before, record)
    check_inputs(path, known, inputs, allowed)
    if record is None:  # killed between the two files
        _start(path, kind, run, info)
        return Workdir(path, resumed=True, finished=False, primary=True, _lock=lock)
    finished = record.get("status") == "finished"
    if not finished:
        check_surroundings(path, record, info)
        again = {"started": _now(), "command": info["command"], "config": allowed}
        again |= {key: value for key, value in info.items() if key != "command" and record.get(key) != value}
        resumes = [*record.get("resumes", []), again]
        # What an older version did not record counts from now on.
        begun = {key: info[key] for key in ("device", "numerics", "versions")}
        now = {"inputs": {**run["inputs"], **known}, "status": "running", "resumes": resumes}
        write_json(path / "run.json", {**begun, **record, **now})
    return Workdir(path, resumed=True, finished=finished, primary=True, _lock=lock)


def _start(path: pathlib.Path, kind: str, run: dict[str, Any], info: dict[str, Any]) -> None:
    record = {
        "schema": SCHEMA,
        "kind": kind,
        "status": "running",
        **info,
        "seed": None,
        "dataset": None,
        "method": None,
        "started": _now(),
        "compile_seconds": None,
        **run,
    }
    write_json(path / "run.json", record)


def _open_together(path: pathlib.Path, *args: Any) -> Workdir:
    """Process 0 opens; the others learn what it found, so that none waits for one that has left."""
    from jax.experimental import multihost_utils

    opened, problem = None, None
    if jax.process_index() == 0:
        try:
            opened = _open(path, *args)
        except Exception as error:
            problem = error
    found = np.array([opened is not None, bool(opened and opened.resumed), bool(opened and opened.finished)])
    usable, resumed, finished = map(bool, multihost_utils.broadcast_one_to_all(found))
    if problem is not None:
        raise problem
    if not usable:
        raise WorkdirError(f"process 0 could not open the work directory {path}; see its message")
    return opened or Workdir(path, resumed=resumed, finished=finished, primary=False)


def _check_name(path: pathlib.Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        name = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
        raise WorkdirError(f"the name of work directory {name} is no UTF-8; choose another path") from None


def _plain_config(value: Any, name: str = "config") -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_config(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_config(item, f"{name}[{i}]") for i, item in enumerate(value)]
    finite = not isinstance(value, float) or math.isfinite(value)
    if value is None or (isinstance(value, bool | int | float | str) and finite):
        return value
    raise TypeError(f"{name} is not plain JSON but {type(value).__name__}: {value!r}")


def _contents(path: pathlib.Path) -> list[str]:
    if not path.exists():
        return []
    own = {LOCK_NAME, "config.json" + TEMPORARY_SUFFIX}
    return sorted(entry.name for entry in path.iterdir() if entry.name not in own)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
