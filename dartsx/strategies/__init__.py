"""Searches that know architectures only by their scores: random, by evolution, by policies, by predictors.

NumPy only; imports no JAX.
"""

from dartsx.strategies.queries import Query, best, queries
from dartsx.strategies.random_search import random_search
from dartsx.strategies.strategy import Key, Strategy
from dartsx.strategies.table import make_strategy

__all__ = ["Key", "Query", "Strategy", "best", "make_strategy", "queries", "random_search"]
