"""A search and the evaluation of what it has found, in a row."""

from __future__ import annotations

import os
import pathlib

from ml_collections import ConfigDict

from dartsx.experiments.jobs.evaluate import run_evaluate
from dartsx.experiments.jobs.population import run_search, searches_in
from dartsx.experiments.settings import SettingsError, evaluation_config


def run_pipeline(config: ConfigDict, workdir: str | os.PathLike, pause_after: int | None = None) -> bool:
    """Runs or resumes a search, in ``search``, and the evaluation of its architecture, in ``derived``.

    Those of a population are evaluated one after the other, in ``derived_member0`` and so on.

    Returns:
      Whether all is finished (False: stopped by a signal; the same call resumes it).

    Raises:
      SettingsError: as of both parts; or it is asked to pause, where epochs of which part is not said.
      WorkdirError: a folder holds another run.
    """
    if pause_after is not None:
        raise SettingsError("a search with its evaluation does not pause after epochs; let one of them do so")
    search = pathlib.Path(workdir) / "search"
    if not run_search(config, search):
        return False
    found = {"derived" if path == search else f"derived_{path.name}": str(path) for path in searches_in(search)}
    parts = ((evaluation_config(config, path), pathlib.Path(workdir) / name) for name, path in found.items())
    return all(run_evaluate(*part) for part in parts)
