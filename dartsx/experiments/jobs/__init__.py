"""What the entry points do, importable: a search, an evaluation, from settings to a finished work directory."""

from dartsx.experiments.jobs.evaluate import run_evaluate
from dartsx.experiments.jobs.pipeline import run_pipeline
from dartsx.experiments.jobs.population import run_search, searches_in

__all__ = ["run_evaluate", "run_pipeline", "run_search", "searches_in"]
