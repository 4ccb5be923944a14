"""The settings in which runs differ that are not samples of one experiment (see `dartsx.catalog.experiment`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dartsx.catalog import UNUSED


def varying(runs: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Names of the settings that are not the same in all runs that use them, sorted."""
    names = {name for run in runs for name in run}
    values = {name: {run.get(name) for run in runs} - {UNUSED} for name in names}
    return tuple(sorted(name for name in names if len(values[name]) > 1))


def describe(run: Mapping[str, str], names: Sequence[str]) -> str:
    """The named settings as text: "batch=64, epochs=20"; a setting that is missing is "unset", one unused left out."""
    return ", ".join(f"{name}={run.get(name, 'unset')}" for name in names if run.get(name) != UNUSED)
