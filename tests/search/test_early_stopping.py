"""Rules that end a search early, epoch by epoch."""

import types

import jax
import numpy as np
import pytest
import stand_in

from dartsx.runtime import make_mesh
from dartsx.search import Epoch, early_stop, make_eigenvalues
from dartsx.search.lanczos import Extremes
from dartsx.search.methods.darts import strength
from dartsx.search.methods.darts_plus import SkipsOrRanks
from dartsx.search.methods.r_darts import Eigenvalue
from dartsx.search.state import SearchState, init_state
from dartsx.spaces import CellSpace

SPACE = CellSpace(("none", "skip_connect", "sep_conv_3x3"), num_nodes=2)
TOTAL = 40


def alphas(*skips, shift=0.0):
    """Alphas whose strongest candidate is skip_connect on these edges of the normal cell, else the convolution."""
    cells = {name: np.zeros(shape) for name, shape in SPACE.alpha_shapes.items()}
    for name, rows in cells.items():
        rows[:, 2] = 1 + shift
        if name == "normal":
            rows[list(skips), 1] = 2
    return cells


def ran(rule, epochs):
    """Epochs done when the rule ends the search, and the alphas that it keeps; None if it does not."""
    memory = rule.init(epochs[0][0], TOTAL)
    for done, (alpha, eigenvalue) in enumerate(epochs, 1):
        genotype = SPACE.derive(strength(alpha))
        epoch = Epoch(done, TOTAL, SPACE, alpha, genotype, lambda value=eigenvalue: value)
        memory, kept = rule.update(memory, epoch)
        if memory["stopped"]:
            return done, kept
    return None


def test_two_skip_connections_in_the_normal_cell_end_the_search():
    epochs = [(alphas(shift=0.1), 0), (alphas(0, shift=0.2), 0), (alphas(0, 1, shift=0.3), 0)]
    done, kept = ran(SkipsOrRanks(2, 10), epochs)
    assert done == 3 and kept is epochs[2][0]
    assert ran(SkipsOrRanks(3, 10), epochs) is None


def test_ranks_that_stay_end_the_search_and_a_change_starts_the_count_again():
    still = [(alphas(shift=0.1 * i), 0) for i in range(4)]
    assert ran(SkipsOrRanks(9, 4), still)[0] == 4
    changed = still[:3] + [(alphas(0), 0)] * 5
    assert ran(SkipsOrRanks(9, 4), changed)[0] == 8


def test_a_rising_eigenvalue_ends_the_search_with_the_alphas_of_five_epochs_before():
    epochs = [(alphas(shift=i), 1.0 if i < 12 else 1.5) for i in range(30)]
    # Means over 5 epochs: 5 epochs back 1, now above 4/3 once 4 of 5 values are 1.5.
    done, kept = ran(Eigenvalue(1 / 0.75, 5, 5), epochs)
    assert done == 16
    assert kept["normal"][0, 2] == epochs[16 - 1 - 5][0]["normal"][0, 2]


@pytest.mark.parametrize(
    "values",
    [
        [1.0] * 30,
        [2.0] * 12 + [1.0] * 18,
        [1.0] * 9,
        [-1.0] * 30,
        [-1.0] * 12 + [-0.1] * 18,
        [-1.0] * 12 + [-5.0] * 18,
        [0.0] * 30,
        [-9.0] * 10 + [3.0] * 5,  # the earlier mean is not positive yet
    ],
)
def test_an_eigenvalue_that_does_not_rise_ends_nothing(values):
    assert ran(Eigenvalue(1 / 0.75, 5, 5), [(alphas(), v) for v in values]) is None


@pytest.mark.parametrize("factor", [1.1, 1 / 0.75, 1.5])
def test_the_ratio_of_positive_means_decides(factor):
    """The criterion as the paper writes it, on drawn eigenvalues; some searches end, some do not."""
    ends = []
    for values in np.random.default_rng(0).lognormal(sigma=0.5, size=(20, 20)):
        means = np.convolve(values, np.ones(5) / 5, "valid")  # the first stands after epoch 5
        late = np.flatnonzero(means[5:] / means[:-5] > factor)
        ends.append(10 + late[0] if late.size else None)
        found = ran(Eigenvalue(factor, 5, 5), [(alphas(), value) for value in values])
        assert (found and found[0]) == ends[-1]
    assert len(set(ends)) > 2


class Told:
    """A rule that remembers the eigenvalues that it is told."""

    def __init__(self):
        self.eigenvalues = []

    def update(self, memory, epoch):
        self.eigenvalues.append(epoch.eigenvalue())
        return memory, epoch.alpha


def test_rules_are_told_the_largest_eigenvalue_not_the_one_of_largest_magnitude(monkeypatch):
    monkeypatch.setattr(early_stop, "make_eigenvalues", lambda problem: lambda state, batch: Extremes(0.5, -2.0, 3))
    rule = Told()
    search = types.SimpleNamespace(
        problem=types.SimpleNamespace(method=types.SimpleNamespace(stop=rule)),
        plan=types.SimpleNamespace(epochs=TOTAL, space=SPACE),
        mesh=make_mesh(),
        arrays=np.zeros(1),
        rows=lambda *steps: {"valid": np.zeros((1, 1), np.int32)},
        batch_of=lambda half: lambda state, arrays, row: arrays,
        derive=lambda state: None,
    )
    state = SearchState(0, {}, {}, alphas(), {}, {}, 0, {"stop": {}})
    early_stop.between(search)(state, 1)
    assert rule.eigenvalues == [0.5]


def test_memory_is_arrays_of_constant_shapes():
    for rule in (SkipsOrRanks(2, 10), Eigenvalue(1 / 0.75, 5, 5)):
        before = rule.init(alphas(), TOTAL)
        epoch = Epoch(1, TOTAL, SPACE, alphas(), SPACE.derive(strength(alphas())), lambda: 1.0)
        after, _ = rule.update(before, epoch)
        shapes = [jax.tree.map(lambda a: (np.shape(a), np.asarray(a).dtype), m) for m in (before, after)]
        assert shapes[0] == shapes[1]


def test_the_dominant_eigenvalue_is_that_of_the_dense_hessian(quick_jit, x64):
    problem, (_, valid) = stand_in.problem("darts"), stand_in.batches()
    state = init_state(problem, jax.random.key(0), (2, 2, 4))
    alpha = jax.tree.map(lambda a: 5 * a.astype("float64"), state.alpha)
    state = state._replace(alpha=alpha)
    flat, unflatten = jax.flatten_util.ravel_pytree(alpha)

    def loss(flat):
        mixture = problem.method.mixture(unflatten(flat), state.key, 0.0)
        logits = problem.supernet.apply({"params": state.params, "batch_stats": {}}, valid.images, mixture, True)
        return -(jax.nn.log_softmax(logits)[np.arange(len(valid.labels)), valid.labels]).mean()

    values = np.linalg.eigvalsh(quick_jit(jax.hessian(loss))(flat))
    dominant = values[np.abs(values).argmax()]
    found = make_eigenvalues(problem, flat.size)(state, valid).dominant
    assert found == pytest.approx(dominant, rel=1e-4)


@pytest.mark.parametrize("name", ["gdas", "reinmax"])
def test_methods_that_predict_by_one_hot_mixtures_have_an_eigenvalue(x64, name):
    problem, (_, valid) = stand_in.problem(name), stand_in.batches()
    state = init_state(problem, jax.random.key(0), (2, 2, 4))
    assert make_eigenvalues(problem)(state, valid).dominant != 0
