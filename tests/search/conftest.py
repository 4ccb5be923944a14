"""One compiled step of every method on the stand-in, shared by the tests of formulas and of contracts."""

import functools

import jax
import pytest
import stand_in
from contract import IN_THE_STEP

from dartsx.search import make_step


class Stepped:
    """One method's compiled step in float64, and the state before and after it."""

    def __init__(self, name, quick_jit):
        self.name, self.batches = name, stand_in.batches()
        self.problem, self.start = stand_in.midway(name)
        self.step = quick_jit(make_step(self.problem))
        self.after, self.metrics = self.step(self.start, *self.batches)


_step_of = functools.cache(Stepped)


@pytest.fixture(params=IN_THE_STEP)
def stepped(request, quick_jit):
    with jax.enable_x64(True):
        yield _step_of(request.param, quick_jit)
