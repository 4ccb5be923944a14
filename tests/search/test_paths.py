"""Steps that draw paths: ProxylessNAS's two, the fair ones of FairNAS."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import stand_in
from scipy import special

from dartsx.runtime import at_step, stream
from dartsx.search import init_state, make_step, relax
from dartsx.search.method import TrainedSupernet
from dartsx.search.methods.fair_nas import fair_rows, select
from dartsx.search.methods.proxyless import rescaled
from dartsx.search.methods.tunas import sizes_of, warmed
from dartsx.spaces import named_space


def test_two_paths_are_drawn_and_the_others_keep_their_probabilities():
    alpha = {"a": jnp.array([[0.3, -1.0, 2.0, 0.1], [0.0, 1.0, -jnp.inf, -jnp.inf]])}
    draw = jax.jit(jax.vmap(lambda key: relax.two_paths(alpha, key)))
    rows, drawn = (np.asarray(part["a"]) for part in draw(jax.random.split(jax.random.key(0), 4000)))
    assert (drawn.sum(-1) == 2).all() and not drawn[:, 1, 2:].any() and (rows.sum(-1) == 1).all()
    assert (drawn[rows == 1]).all()
    # By multinomial draws without replacement, then by the softmax over the pair.
    p = special.softmax(np.asarray(alpha["a"][0]))
    both = [[p[i] * p[j] * (1 / (1 - p[i]) + 1 / (1 - p[j])) for j in range(4)] for i in range(4)]
    path = [sum(both[i][j] * p[i] / (p[i] + p[j]) for j in range(4) if j != i) for i in range(4)]
    np.testing.assert_allclose(rows[:, 0].mean(0), path, atol=0.03)
    moved = {"a": alpha["a"].at[0, 1].add(0.7).at[0, 3].add(-0.2)}
    after = special.softmax(np.asarray(rescaled(alpha, moved)["a"][0]))
    np.testing.assert_allclose(after[[0, 2]], p[[0, 2]], rtol=1e-6)
    assert after[1] > p[1] and after[3] < p[3]


def test_warmed_up_rows_take_all_options_or_the_widest():
    space = named_space("digit_chain")
    ((group, shape),) = space.alpha_shapes.items()
    lengths = [len(labels) for labels in space.options[group]]
    alpha = {group: jnp.where(np.arange(shape[1]) < np.array(lengths)[:, None], 0.0, -jnp.inf)}
    rows, sizes = relax.one_path(alpha, jax.random.key(0)), sizes_of(space)
    all_of_them = np.asarray(warmed(rows, alpha, jax.random.key(1), 1.0, sizes)[group])
    for name, length, row in zip(space.decisions, lengths, all_of_them, strict=True):
        wide = name.startswith(("width", "expansion"))
        np.testing.assert_allclose(row[:length], np.eye(length)[-1] if wide else 1 / length, rtol=1e-6)
        assert (row[length:] == 0).all()
    none_of_them = warmed(rows, alpha, jax.random.key(1), 0.0, sizes)[group]
    np.testing.assert_array_equal(none_of_them, rows[group])
    draw = jax.vmap(lambda key: warmed(rows, alpha, key, 0.3, sizes)[group])
    replaced = (draw(jax.random.split(jax.random.key(2), 500)) != rows[group]).any(-1)
    ops = [i for i, name in enumerate(space.decisions) if name.startswith("op")]
    assert np.asarray(replaced)[:, ops].mean() == pytest.approx(0.3, abs=0.03)


def test_fair_paths_hold_every_option_of_every_row_as_often():
    rows = np.asarray(fair_rows([4, 4, 3, 1], 4, 4, jax.random.key(1)))
    assert rows.shape == (4, 4, 4) and (rows.sum(-1) == 1).all()
    times = rows.sum(0)
    np.testing.assert_array_equal(times[:2], 1)
    assert sorted(times[2]) == [0, 1, 1, 2] and times[2, 3] == 0
    np.testing.assert_array_equal(times[3], [4, 0, 0, 0])
    keys = jax.random.split(jax.random.key(2), 2000)
    single = np.asarray(jax.vmap(lambda key: fair_rows([3], 4, 1, key))(keys))
    np.testing.assert_allclose(single.mean((0, 1, 2)), [1 / 3, 1 / 3, 1 / 3, 0], atol=0.04)


def test_a_fair_step_adds_up_the_gradients_of_its_paths(quick_jit):
    """Of a stand-in that is linear in the mixture and in the weights, so that NumPy follows."""
    with jax.enable_x64(True):
        problem = stand_in.problem("fair_nas")
        state = init_state(problem, jax.random.key(3), stand_in.IMAGE)
        train, valid = stand_in.batches()
        after, metrics = quick_jit(make_step(problem))(state, train, valid)
        key = jax.random.split(at_step(stream(state.key, "relaxation"), 0))[0]
        drawn = jax.tree.map(np.asarray, problem.method.paths(state.alpha, key, 0.0))
        hand = stand_in.ByHand(state.params, train)
        mixtures = [{name: rows[i] for name, rows in drawn.items()} for i in range(4)]
        total = jax.tree.map(lambda *parts: sum(parts), *(hand.of_weights(m) for m in mixtures))
        moved = jax.tree.map(
            lambda w, g: np.asarray(w) - stand_in.RATE * (g + stand_in.DECAY * np.asarray(w)), state.params, total
        )
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), after.params, moved)
        np.testing.assert_allclose(metrics["train"]["loss"], np.mean([hand.loss(m) for m in mixtures]), rtol=1e-9)
        assert after.batch_stats["passes"] == 4
        assert all(not np.any(rows) for rows in jax.tree.leaves(after.alpha))


def test_the_best_of_the_drawn_architectures_is_selected():
    space = named_space("digit_chain")
    first = space.sample(np.random.default_rng(5))
    asked = []

    def accuracy(choice):
        asked.append(space.derive({name: c["rows"] for name, c in choice.items()}))
        return float(choice["decisions"]["rows"][0, 0])  # one option of the first decision is better

    found = select(space, TrainedSupernet(accuracy, None), np.random.default_rng(5), 20)
    assert len(asked) == 20 and asked[0] == first
    name, decision = next(iter(space.decisions.items()))
    assert found.choices[name] == decision.options[0]
