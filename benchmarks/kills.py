"""Runs that are killed at random moments and started again end with the bytes of runs that were left alone.

``python -m benchmarks.kills --searches=20 --evaluations=10 --write``

A search and an evaluation of digits at their smallest are run to the end. Then each is started anew so many times,
ended by SIGKILL at a random moment of the time from its work directory's first file to its end, and run again with the
same command. What a run leaves is compared byte for byte: logs, genotype, result (but for seconds) and the arrays of
the last checkpoint. Seconds say where a kill fell and nothing of speed: ``--parallel`` trials share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.records import add_output, finish, rows_table

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ("metrics.jsonl", "alphas.jsonl", "genotypes.jsonl", "genotype.json")
SEARCH = {
    "space.nodes": 2,
    "search.layers": 2,
    "search.channels": 2,
    "search.epochs": 4,
    "search.batch_size": 64,
    "search.chunk_steps": 11,
    "search.diagnosis.every": 0,
}
TIMES = ("seconds", "gpu_days", "compile_seconds", "steps_per_second")
EVALUATE = {
    "genotype": "DARTS_V2",
    "evaluate.layers": 3,
    "evaluate.channels": 2,
    "evaluate.epochs": 4,
    "evaluate.batch_size": 128,
    "evaluate.chunk_steps": 4,
}


def main() -> None:
    """Kills, resumes, compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--evaluations", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--parallel", type=int, default=1, help="trials at once")
    add_output(parser)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    counts = {("search", arguments.searches): SEARCH, ("evaluate", arguments.evaluations): EVALUATE}
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(arguments.parallel) as pool:
        rows = [
            row
            for (job, count), settings in counts.items()
            for row in trials(job, settings, [moments.random() for _ in range(count)], pathlib.Path(place), pool)
        ]
    finish(arguments, "kills-digits-smallest", {"rows": rows}, table(rows))
    if not all(row["identical"] for row in rows):
        sys.exit(1)


def trials(
    job: str, settings: Mapping[str, Any], moments: Sequence[float], folder: pathlib.Path, pool: ThreadPoolExecutor
) -> list[dict[str, Any]]:
    """A row per kill, which falls at these shares of a whole run: seconds, checkpoint, whether all is identical."""
    if not moments:
        return []
    run(job, settings, folder / f"{job}-warm")  # fills the compilation cache
    whole, expected = seconds_of(job, settings, folder / f"{job}-whole"), left(folder / f"{job}-whole")

    def trial(number: int) -> dict[str, Any]:
        place, after = folder / f"{job}-{number}", moments[number] * whole
        kill_after(after, job, settings, place)
        steps = checkpoints(place)
        run(job, settings, place)
        found = left(place)
        differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        row = {"job": job, "of_seconds": round(whole, 1), "after_seconds": round(after, 2)}
        row |= {"checkpoint": steps[-1] if steps else None, "identical": not differing, "differing": differing}
        print(row, file=sys.stderr, flush=True)
        shutil.rmtree(place)
        return row

    return list(pool.map(trial, range(len(moments))))


def command(job: str, settings: Mapping[str, Any], place: pathlib.Path) -> list[str]:
    """The command of a run."""
    given = [f"--config.{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", f"experiments.{job}", *given, f"--workdir={place}"]


def run(job: str, settings: Mapping[str, Any], place: pathlib.Path) -> None:
    """Runs to the end.

    Raises RuntimeError with what the run said, if it failed.
    """
    done = subprocess.run(command(job, settings, place), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job} ended with status {done.returncode}:\n{done.stderr[-2000:]}")


def begun(job: str, settings: Mapping[str, Any], place: pathlib.Path) -> subprocess.Popen:
    """A run that has made the first file of its work directory."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command(job, settings, place), cwd=ROOT, start_new_session=True, **quiet)
    while process.poll() is None and not (place / "config.json").exists():
        time.sleep(0.01)
    return process


def seconds_of(job: str, settings: Mapping[str, Any], place: pathlib.Path) -> float:
    """Seconds from the first file of a run to its end.

    Raises RuntimeError if it failed.
    """
    process, started = begun(job, settings, place), time.perf_counter()
    if process.wait():
        raise RuntimeError(f"{job} ended with status {process.returncode}")
    return time.perf_counter() - started


def kill_after(seconds: float, job: str, settings: Mapping[str, Any], place: pathlib.Path) -> None:
    """Starts a run and ends it, with its children, by SIGKILL so many seconds after its first file."""
    process = begun(job, settings, place)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def checkpoints(place: pathlib.Path) -> list[int]:
    """Steps of the complete checkpoints."""
    folder = place / "checkpoints"
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit()) if folder.is_dir() else []


def left(place: pathlib.Path) -> dict[str, bytes]:
    """What a finished run leaves, by name, without times."""
    files = {name: (place / name).read_bytes() for name in LOGS if (place / name).is_file()}
    result = json.loads((place / "result.json").read_text())
    files["result.json"] = json.dumps({k: v for k, v in result.items() if k not in TIMES}).encode()
    return files | arrays(place, checkpoints(place)[-1])


def arrays(place: pathlib.Path, step: int) -> dict[str, bytes]:
    """Bytes of every array of a checkpoint."""
    import jax
    import orbax.checkpoint as ocp

    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    folder = place.resolve() / "checkpoints" / str(step) / "state"
    with ocp.StandardCheckpointer() as checkpointer:
        leaves = checkpointer.metadata(folder).item_metadata.tree
        wanted = {n: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here) for n, leaf in leaves.items()}
        found = checkpointer.restore(folder, wanted)
    return {f"checkpoint {step}, {name}": np.asarray(array).tobytes() for name, array in found.items()}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """For people: kills, where they fell, how many ended identically."""
    columns = ("run", "kills", "seconds of a whole run", "killed after (s)", "before a checkpoint", "identical")
    lines = []
    for job in dict.fromkeys(row["job"] for row in rows):
        own = [row for row in rows if row["job"] == job]
        after = [row["after_seconds"] for row in own]
        early, same = (sum(row["checkpoint"] is None for row in own), sum(row["identical"] for row in own))
        moments = f"{min(after)} to {max(after)}"
        lines.append((job, f"{len(own)}", f"{own[0]['of_seconds']}", moments, f"{early}", f"{same} of {len(own)}"))
    return rows_table(lines, columns)


if __name__ == "__main__":
    main()
