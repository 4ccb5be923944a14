"""Recurrent cells in training: what is dropped where, and what changing outputs cost, against an account in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx import optim
from dartsx.feeds import Sequences
from dartsx.losses import next_word
from dartsx.networks.recurrent import LSTM
from dartsx.nn import Dropout, RecurrentNetwork
from dartsx.nn.recurrent import RecurrentSupernet
from dartsx.retrain import RetrainProblem, init_state, make_step
from dartsx.search import Plan, search_problem
from dartsx.search import init_state as init_search
from dartsx.search.state import network_loss
from dartsx.spaces import RecurrentSpace

SPACE = RecurrentSpace(("none", "tanh", "identity"), num_nodes=2)
N, CONTEXT, STEPS, WIDTH, CLASSES = 3, 1, 3, 4, 6
DROPOUT = Dropout(words=0.1, embedding=0.2, inputs=0.75, states=0.25, output=0.5)
WORDS = np.random.default_rng(0).integers(0, CLASSES, (N, CONTEXT + STEPS))
BATCH = Sequences(jnp.asarray(WORDS), jnp.asarray(np.roll(WORDS, -1, 1)[:, CONTEXT:]))
SHAPES = {  # of the masks of each share
    0.1: (CLASSES, 1),
    0.2: (N, 1, WIDTH),
    0.75: (N, WIDTH),
    0.25: (N, WIDTH),
    0.5: (N, 1, WIDTH),
}


@pytest.fixture
def masks(monkeypatch):
    """Masks by share, as they are drawn."""
    drawn = {}

    def bernoulli(key, keep, shape):
        share = round(1 - keep, 6)
        kept = np.random.default_rng(len(drawn)).random(shape) < 0.5
        assert share not in drawn and shape == SHAPES[share]
        drawn[share] = kept / keep
        return jnp.asarray(kept)

    monkeypatch.setattr(jax.random, "bernoulli", bernoulli)
    return drawn


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normalized(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def mixed_cell(params, mixture, x, state, x_mask, h_mask):
    """One step of the released code's search cell, edge by edge and activation by activation."""
    gate, candidate = np.split(np.concatenate([x * x_mask, state * h_mask], 1) @ params["cell_first"], 2, 1)
    nodes = [normalized(state + sigmoid(gate) * (np.tanh(candidate) - state))]
    row = 0
    for product in params["cell_nodes"]:
        total = np.zeros_like(state)
        for node in nodes:
            gate, candidate = np.split((node * h_mask) @ product, 2, 1)
            for weight, activation in zip(mixture[row][1:], (np.tanh, lambda h: h), strict=True):
                total += weight * (node + sigmoid(gate) * (activation(candidate) - node))
            row += 1
        nodes.append(normalized(total))
    return np.mean(nodes[1:], 0)


def test_the_search_drops_and_penalises_as_an_account_in_numpy(masks, x64):
    network = RecurrentSupernet(SPACE, WIDTH, CLASSES, CONTEXT, DROPOUT, 0.3, "float64")
    mixture = np.random.default_rng(1).dirichlet(np.ones(3), 3)
    rows = {"recurrent": jnp.asarray(mixture)}
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), WORDS, rows, True))
    assert not masks  # nothing is dropped at the beginning
    random = np.random.default_rng(2)
    given = jax.tree.map(lambda leaf: random.normal(size=leaf.shape), shapes)
    params = given["params"]
    told = {"mutable": ["batch_stats", "penalties"], "rngs": {"dropout": jax.random.key(1)}}
    logits, moved = network.apply(given, WORDS, rows, True, **told)

    x = (params["table"] * masks[0.1])[WORDS] * masks[0.2]
    state, outputs = np.zeros((N, WIDTH)), []
    for t in range(CONTEXT + STEPS):
        state = mixed_cell(params, mixture, x[:, t], state, masks[0.75], masks[0.25])
        outputs.append(state)
    outputs = np.stack(outputs[CONTEXT:], 1)
    np.testing.assert_allclose(logits, (outputs * masks[0.5]) @ params["table"].T + params["bias"], rtol=1e-9)
    changes = [(outputs[:, t + 1] - outputs[:, t]) ** 2 for t in range(STEPS - 1)]
    np.testing.assert_allclose(jax.tree.leaves(moved["penalties"]), [0.3 * np.mean(changes)], rtol=1e-9)


def test_weights_pay_for_changing_outputs_and_alphas_do_not(quick_jit):
    given = {"context": CONTEXT, "dropout": Dropout(inputs=0.75), "temporal_activation": 100.0}
    problem = search_problem(Plan(SPACE, CLASSES, channels=WIDTH, network=given, loss=next_word()), 1, (4,))
    state = quick_jit(lambda key: init_search(problem, key, (CONTEXT + STEPS,)))(jax.random.key(0))

    @quick_jit
    def losses(mixture, one, other):
        of_weights, of_alphas, redrawn = (network_loss(problem, state, BATCH, key) for key in (one, one, other))
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        whole = next_word()(problem.supernet.apply(variables, BATCH.words, mixture, True), BATCH)[0]
        values = (
            of_weights(state.params, mixture, True),
            of_alphas(state.params, mixture),
            redrawn(state.params, mixture),
        )
        return *(value for value, _ in values), whole

    mixture = {"recurrent": jnp.full((3, 3), 1 / 3)}
    of_weights, of_alphas, redrawn, whole = losses(mixture, jax.random.key(1), jax.random.key(2))
    assert of_weights > of_alphas + 1e-5  # they have the same masks
    assert len({float(of_alphas), float(redrawn), float(whole)}) == 3


def test_retraining_pays_for_changing_outputs(quick_jit):
    rate = optim.cosine_per_epoch(0.1, 0.0, 1, 1)
    losses = []
    for weight in (0.0, 100.0):
        network = RecurrentNetwork(LSTM(), WIDTH, CLASSES, CONTEXT, temporal_activation=weight)
        problem = RetrainProblem(network, optim.sgd(rate, 0.0, 0.0, 1.0), rate, 1, 1, loss=next_word())
        state = quick_jit(lambda key, problem=problem: init_state(problem, key, (CONTEXT + STEPS,)))(jax.random.key(0))
        losses.append(float(quick_jit(make_step(problem))(state, BATCH)[1]["train"]["loss"]))
    assert losses[1] > losses[0] + 1e-6
