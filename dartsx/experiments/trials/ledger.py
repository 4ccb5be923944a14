"""The ledger: every trial and seed a line of JSON, written each time that the trial has ended."""

from __future__ import annotations

import datetime
import hashlib
import json
import pathlib
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from dartsx.catalog import lasting
from dartsx.experiments.trials.scores import folders, records, scores_of, smaller_is_better
from dartsx.experiments.trials.trial import Result, Trial
from dartsx.report.ledger import LEDGER, LESS, MORE, SCHEMA, score_of, spent
from dartsx.runtime import JsonLines, read_records, truncate_after

ENDED = ("finished", "paused")
_Key = tuple[str, str, int | None]  # trial, its job, epochs


class Ledger:
    """What is known of the trials of a folder, and the file that keeps it.

    A trial that is told twice, since it was stopped or failed and was gone on with, counts once: by name, job, seed and
    epochs the last line stands, and the seconds of all are added up.
    """

    def __init__(self, root: pathlib.Path, score: str):
        """Reads what is there.

        Args:
          root: the folder; it must exist.
          score: name of the number that counts.

        Raises:
          ValueError: a line is damaged, naming it.
        """
        self.root, self.score = root, score
        self._lines: dict[_Key, dict[int, list[Mapping[str, Any]]]] = {}
        truncate_after(root / LEDGER, "schema", SCHEMA)  # drops half a line at the end
        for line in read_records(root / LEDGER):
            self._keep(line)
        self._file = JsonLines(root / LEDGER)

    def write(self, result: Result) -> None:
        """Adds the lines of a trial, one for each seed."""
        for line in lines_of(result, self.root, self.score):
            self._file.append(line)
            self._keep(line)

    def told(self, trial: Trial) -> Result | None:
        """The result of a trial of which every seed has ended without a failure; None for any other.

        Lines of another experiment do not count: the trial's folder says what differs when it starts.
        """
        lines, mark = self._of(trial), fingerprint(trial)
        ended = {seed for seed, line in lines.items() if line["status"] in ENDED and line["experiment"] == mark}
        if not ended.issuperset(trial.seeds):
            return None
        seconds = sum(map(spent, self._all(trial).values()))
        return Result(trial, self.root / trial.name, lines[trial.seeds[0]]["status"], seconds=seconds)

    def scores(self, trial: Trial) -> list[float]:
        """The numbers that count, of the seeds that have one; infinity, the worse one, where it is not finite."""
        told = map(score_of, self._of(trial).values())
        return [score for score in told if score is not None]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _of(self, trial: Trial) -> dict[int, Mapping[str, Any]]:
        """The line that stands, by seed."""
        return {seed: lines[-1] for seed, lines in self._all(trial).items()}

    def _all(self, trial: Trial) -> dict[int, list[Mapping[str, Any]]]:
        return self._lines.get((trial.name, trial.job, trial.epochs), {})

    def _keep(self, line: Mapping[str, Any]) -> None:
        by_seed = self._lines.setdefault((line["trial"], line["job"], line["epochs"]), {})
        by_seed.setdefault(line["seed"], []).append(line)


def lines_of(result: Result, root: pathlib.Path, score: str) -> list[dict[str, Any]]:
    """Lines of a result; the seconds of a trial are shared by its seeds."""
    trial = result.trial
    given = zip(
        trial.seeds,
        folders(trial, result.folder),
        records(trial, result.folder),
        scores_of(trial, result.folder, result.status),
        strict=True,
    )
    return [
        {
            "schema": SCHEMA,
            "trial": trial.name,
            "job": trial.job,
            "experiment": fingerprint(trial),
            "setting": dict(trial.setting),
            "seed": seed,
            "epochs": trial.epochs,
            **_outcome(result, run, scores, score),
            "score_name": score,
            "better": LESS if smaller_is_better(score) else MORE,
            "score": scores.get(score),
            "scores": scores,
            "seconds": round(result.seconds / len(trial.seeds), 3),
            "memory": result.memory,
            "device": run.get("device"),
            "commit": _commit(run),
            "command": shlex.join(sys.orig_argv),
            "folder": folder.relative_to(root).as_posix(),
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        for seed, folder, run, scores in given
    ]


def fingerprint(trial: Trial) -> str:
    """Equal for trials that are samples of one experiment, also where one was written before a field was thought of."""
    text = json.dumps(lasting(trial.config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _outcome(result: Result, run: Mapping[str, Any], scores: Mapping[str, float | None], score: str) -> dict[str, str]:
    """Status and problem of a seed: one of several may have failed alone."""
    if result.status in ENDED and not scores:
        problem = run.get("error") or "it left no result"
        return {"status": "failed", "problem": problem}
    if result.status in ENDED and score not in scores:
        problem = f"it has no number {score!r}; choose by --score among {', '.join(scores)}"
        return {"status": result.status, "problem": problem}
    if result.status in ENDED and scores[score] is None:
        return {"status": result.status, "problem": f"its {score} is not finite"}
    return {"status": result.status, "problem": result.problem}


def _commit(run: Mapping[str, Any]) -> str | None:
    revision = run.get("git")
    return f"{revision}+" if revision and run.get("git_dirty") else revision
