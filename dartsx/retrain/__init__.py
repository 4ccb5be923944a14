"""The evaluator: trains a fixed network at scale."""

from dartsx.retrain.step import RetrainProblem, RetrainState, evaluated, init_state, make_step, predict, started_from
from dartsx.retrain.training import Training

__all__ = [
    "RetrainProblem",
    "RetrainState",
    "Training",
    "evaluated",
    "init_state",
    "make_step",
    "predict",
    "started_from",
]
