"""The evaluator: trains a fixed network at scale."""

from dartsx.retrain.step import RetrainProblem, RetrainState, init_state, make_step, predict

__all__ = ["RetrainProblem", "RetrainState", "init_state", "make_step", "predict"]
