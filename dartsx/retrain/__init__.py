"""The evaluator: trains a fixed network at scale."""

from dartsx.retrain.step import RetrainProblem, RetrainState, evaluated, init_state, make_step, predict, started_from

__all__ = ["RetrainProblem", "RetrainState", "evaluated", "init_state", "make_step", "predict", "started_from"]
