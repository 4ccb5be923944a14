"""Perturbation-based selection after a search: the compiled parts that `dartsx.search.methods.darts_pt` asks for."""

from __future__ import annotations

import dataclasses
import functools

import jax
import numpy as np

from dartsx import optim
from dartsx.runtime import jit, put_replicated, stream
from dartsx.search import SearchState, make_weight_step, predict
from dartsx.search.method import Supernet
from dartsx.search.methods.darts_pt import undecided
from experiments.jobs import feed


def select(job, state: SearchState):
    """The genotype of a finished search (a `SearchJob`); runs again from the start if it is interrupted."""
    tuned = _Tuned(job, state)
    seed = int(jax.random.bits(stream(job.key, "selection"), dtype=np.uint32))
    supernet = Supernet(tuned.accuracy, tuned.tune)
    return job.problem.method.select(job.settings.space, supernet, np.random.default_rng(seed))


class _Tuned:
    """A supernet whose weights go on being trained between choices.

    As in the released code tuning starts from a fresh optimiser at a tenth of the learning rate.
    """

    def __init__(self, job, state: SearchState):
        self.job, self.turns = job, 0
        weights = job.settings.search.weights
        rate = optim.constant(weights.learning_rate / 10)
        optimizer = optim.sgd(rate, weights.momentum, weights.weight_decay, weights.clip)
        self.problem = dataclasses.replace(job.problem, weight_optimizer=optimizer, rate=rate)
        choice = put_replicated(undecided(job.settings.space), job.mesh)
        weight_opt = put_replicated(optimizer.init(state.params), job.mesh)
        self.state = state._replace(weight_opt=weight_opt, memory={**state.memory, "choice": choice})
        predicted = functools.partial(predict, job.problem)
        self.evaluate = feed.evaluator(predicted, job.dataset, job.settings.dtype, job.mesh)
        self.steps = jit(self._steps(), donate_argnums=0)

    def accuracy(self, choice) -> float:
        """On the half that trained the alphas."""
        job = self.job
        return self.evaluate(self._under(choice), job.arrays, job.valid, job.settings.search.batch_size)["accuracy"]

    def tune(self, choice, epochs: int) -> None:
        """Trains the weights under a choice, on batches of their own."""
        self.state = self._under(choice)
        for _ in range(epochs):
            rows = self.job.rows(self.job.epochs + self.turns, 0, self.job.steps)
            self.state = self.steps(self.state, self.job.arrays, feed.sharded_rows(rows, self.job.mesh))
            self.turns += 1

    def _under(self, choice) -> SearchState:
        memory = {**self.state.memory, "choice": put_replicated(choice, self.job.mesh)}
        return self.state._replace(memory=memory)

    def _steps(self):
        weight_step = make_weight_step(self.problem)

        def step(state, arrays, row):
            return weight_step(state, self.job.batch("train", state, arrays, row))[0], None

        return lambda state, arrays, rows: jax.lax.scan(lambda s, row: step(s, arrays, row), state, rows)[0]
