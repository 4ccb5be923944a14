"""What the entry points do, importable: a search, an evaluation, from settings to a finished work directory."""

from experiments.jobs.evaluate import run_evaluate
from experiments.jobs.pipeline import run_pipeline
from experiments.jobs.population import run_search, searches_in

__all__ = ["run_evaluate", "run_pipeline", "run_search", "searches_in"]
