"""Perturbation-based selection after a search: the compiled parts that `methods.darts_pt` asks for."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dartsx import optim
from dartsx.feeds import evaluator, sharded_rows
from dartsx.progress import Progress
from dartsx.runtime import jit, put_replicated, stream
from dartsx.search.choice import undecided, under
from dartsx.search.method import TrainedSupernet
from dartsx.search.methods.darts_pt import evaluations
from dartsx.search.predict import outputs
from dartsx.search.state import SearchState
from dartsx.search.step import make_weight_step
from dartsx.spaces import AnyGenotype


def select(search: Any, state: SearchState) -> AnyGenotype:
    """The architecture of a finished `Search`; runs again from the start if it is interrupted."""
    tuned = _Tuned(search, state)
    space, done = search.plan.space, itertools.count(1)
    seed = int(jax.random.bits(stream(search.key, "selection"), dtype=np.uint32))
    with Progress(1, evaluations(space), "selection", enabled=jax.process_index() == 0) as progress:

        def score(choice: Any) -> float:
            found = tuned.score(choice)
            progress.count(next(done))
            return found

        return search.problem.method.select(space, TrainedSupernet(score, tuned.tune), np.random.default_rng(seed))


_copied = jit(functools.partial(jax.tree.map, jnp.copy))


class _Tuned:
    """A supernet whose weights go on being trained between choices.

    As in the released code tuning starts from a fresh optimiser at a tenth of the learning rate.
    """

    def __init__(self, search: Any, state: SearchState):
        self.search, self.turns = search, 0
        weights, problem = search.plan.weights, search.problem
        rate = optim.constant(weights.learning_rate / 10)
        optimizer = optim.sgd(rate, weights.momentum, weights.weight_decay, weights.clip)
        self.problem = dataclasses.replace(problem, weight_optimizer=optimizer, rate=rate)
        weight_opt = put_replicated(optimizer.init(state.params), search.mesh)
        self.state = under(state._replace(weight_opt=weight_opt), undecided(search.plan.space), search.mesh)
        self.evaluate = evaluator(outputs(problem), problem.loss, search.examples, search.mesh)
        self.steps = jit(self._steps(), donate_argnums=0)

    def score(self, choice: Any) -> float:
        """The score of a choice on the half that trained the alphas; minus infinity for one that is not finite."""
        search, state = self.search, under(self.state, choice, self.search.mesh)
        found = search.problem.score(self.evaluate(state, search.judging, search.plan.batch_size))
        return found if math.isfinite(found) else -math.inf

    def tune(self, choice: Any, epochs: int) -> None:
        """Trains the weights under a choice, on batches of their own."""
        search = self.search
        self.state = under(self.state, choice, search.mesh)
        for _ in range(epochs):
            rows = search.rows(search.epochs + self.turns, 0, search.steps)
            state = self.state if self.turns else _copied(self.state)  # the steps use up what is not the caller's
            self.state = self.steps(state, search.arrays, sharded_rows(rows, search.mesh))
            self.turns += 1
        jax.block_until_ready(self.state.params)  # so that all of its seconds are counted

    def _steps(self):
        weight_step, batch = make_weight_step(self.problem), self.search.batch_of("train")

        def step(state, arrays, row):
            return weight_step(state, batch(state, arrays, row))[0], None

        return lambda state, arrays, rows: jax.lax.scan(lambda s, row: step(s, arrays, row), state, rows)[0]
