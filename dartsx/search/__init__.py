"""Search: relaxations, hypergradients, methods, the compiled step of alphas and weights; whole searches."""

from dartsx.feeds import Batch
from dartsx.search.bound import Bound
from dartsx.search.diagnosis import entropies, hessian_extremes, make_diagnosis, make_eigenvalues
from dartsx.search.hypergradient import Bilevel, Inner, Result
from dartsx.search.hypergradients import HYPERGRADIENTS, hypergradient_by_name
from dartsx.search.members import Population
from dartsx.search.method import Epoch, Method, Task
from dartsx.search.methods import compose
from dartsx.search.methods.darts import darts
from dartsx.search.plan import Alphas, Plan, PlanError, Weights, search_problem
from dartsx.search.population import (
    GoOnWithSound,
    PopulationState,
    make_population_step,
    over_members,
    take_member,
)
from dartsx.search.predict import predict
from dartsx.search.run import run_search
from dartsx.search.search import Search, SearchResult
from dartsx.search.stages import check_stages, run_stages
from dartsx.search.state import SearchProblem, SearchState, init_state
from dartsx.search.step import make_step, make_weight_step

__all__ = [
    "HYPERGRADIENTS",
    "Alphas",
    "Batch",
    "Bilevel",
    "Bound",
    "Epoch",
    "GoOnWithSound",
    "Inner",
    "Method",
    "Plan",
    "PlanError",
    "Population",
    "PopulationState",
    "Result",
    "Search",
    "SearchProblem",
    "SearchResult",
    "SearchState",
    "Task",
    "Weights",
    "check_stages",
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
    "run_search",
    "run_stages",
    "search_problem",
    "take_member",
]
