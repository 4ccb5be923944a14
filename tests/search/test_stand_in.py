"""The stand-in is what the contracts take it for: gradients by hand are its gradients, planted primitives are best."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import stand_in
from stand_in import PLANTED, SPACE, TYPES, ByHand

from dartsx.losses import cross_entropy

ROWS = SPACE.num_edges


@pytest.fixture
def params(x64):
    mixture = {kind: jnp.ones((ROWS, len(SPACE.primitives))) for kind in PLANTED}
    images = stand_in.batches()[0].images
    return stand_in.Synthetic().init(jax.random.key(0), images, mixture, True)["params"]


def mixtures(apart):
    """Random rows; of every cell of a type apart, or of all together."""
    rng = np.random.default_rng(0)
    lead = {kind: (TYPES.count(kind),) if apart else () for kind in PLANTED}
    return {kind: rng.random((*lead[kind], ROWS, len(SPACE.primitives))) for kind in PLANTED}


@pytest.mark.parametrize("apart", [False, True])
def test_loss_and_gradients_by_hand_are_those_of_the_network(params, apart, quick_jit):
    mixture, batch = mixtures(apart), stand_in.batches()[0]

    def loss(params, mixture):
        variables = {"params": params, "batch_stats": {"passes": jnp.zeros(())}}
        return cross_entropy(stand_in.Synthetic().apply(variables, batch.images, mixture, True), batch.labels)

    value, (of_weights, of_mixture) = quick_jit(jax.value_and_grad(loss, (0, 1)))(params, mixture)
    hand = ByHand(params, batch)
    np.testing.assert_allclose(hand.loss(mixture), value, rtol=1e-12)
    for ours, theirs in ((hand.of_weights(mixture), of_weights), (hand.of_mixture(mixture), of_mixture)):
        assert jax.tree.structure(ours) == jax.tree.structure(theirs)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-15), ours, theirs)


def test_the_planted_primitives_have_the_lowest_loss_of_all_on_the_validation_batch(params):
    train, valid = stand_in.batches(size=256)
    columns = itertools.product(range(1, len(SPACE.primitives)), repeat=ROWS)
    cells = [np.eye(len(SPACE.primitives))[list(chosen)] for chosen in columns]
    losses = {
        tuple(np.concatenate([normal, reduce]).argmax(1)): (ByHand(params, valid).loss(mixture), mixture)
        for normal, reduce in itertools.product(cells, repeat=2)
        for mixture in [{"normal": normal, "reduce": reduce}]
    }
    best = min(losses, key=lambda chosen: losses[chosen][0])
    assert best == PLANTED["normal"] + PLANTED["reduce"]
    # The others see the channel that only the training batch can be learnt from.
    uniform = {kind: np.full((ROWS, len(SPACE.primitives)), 1 / 4) for kind in PLANTED}
    on_train, on_valid = (ByHand(params, batch).of_mixture(uniform)["normal"] for batch in (train, valid))
    others = [(edge, column) for edge in range(ROWS) for column in (1, 2, 3) if column != PLANTED["normal"][edge]]
    assert all(on_train[place] < 0 < on_valid[place] for place in others)


def test_passes_that_may_move_its_statistics_are_counted(params):
    variables = {"params": params, "batch_stats": {"passes": jnp.zeros(())}}
    images = stand_in.batches()[0].images
    _, changed = stand_in.Synthetic().apply(variables, images, mixtures(False), True, mutable=["batch_stats"])
    assert changed["batch_stats"]["passes"] == 1
