"""Search: relaxations, hypergradients, methods, and the compiled step that alternates alphas and weights."""

from dartsx.feeds import Batch
from dartsx.search.diagnosis import entropies, hessian_extremes, make_diagnosis, make_eigenvalues, skip_counts
from dartsx.search.hypergradient import Bilevel, Inner, Result
from dartsx.search.hypergradients import HYPERGRADIENTS, hypergradient_by_name
from dartsx.search.method import Epoch, Method, Task
from dartsx.search.methods import METHODS, compose
from dartsx.search.methods.darts import darts
from dartsx.search.population import (
    GoOnWithSound,
    PopulationState,
    make_population_step,
    over_members,
    take_member,
)
from dartsx.search.step import (
    SearchProblem,
    SearchState,
    init_state,
    make_step,
    make_weight_step,
    predict,
)

__all__ = [
    "HYPERGRADIENTS",
    "METHODS",
    "Batch",
    "Bilevel",
    "Epoch",
    "GoOnWithSound",
    "Inner",
    "Method",
    "PopulationState",
    "Result",
    "SearchProblem",
    "SearchState",
    "Task",
    "compose",
    "darts",
    "entropies",
    "hessian_extremes",
    "hypergradient_by_name",
    "init_state",
    "make_diagnosis",
    "make_eigenvalues",
    "make_population_step",
    "make_step",
    "make_weight_step",
    "over_members",
    "predict",
    "skip_counts",
    "take_member",
]
