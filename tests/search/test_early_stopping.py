"""Rules that end a search early, epoch by epoch."""

import jax
import numpy as np
import pytest
import stand_in

from dartsx.search import Epoch, make_eigenvalues
from dartsx.search.methods.darts import strength
from dartsx.search.methods.darts_plus import SkipsOrRanks
from dartsx.search.methods.r_darts import Eigenvalue
from dartsx.search.state import init_state
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


@pytest.mark.parametrize("values", [[1.0] * 30, [2.0] * 12 + [1.0] * 18, [1.0] * 9])
def test_an_eigenvalue_that_does_not_rise_ends_nothing(values):
    assert ran(Eigenvalue(1 / 0.75, 5, 5), [(alphas(), v) for v in values]) is None


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
