"""Perturbation-based selection, stages, and frozen operations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import stand_in

from dartsx.search import Task, compose, init_state, make_step, make_weight_step, predict
from dartsx.search.method import TrainedSupernet
from dartsx.search.methods.darts_pt import select, undecided
from dartsx.search.methods.fair_darts import above
from dartsx.search.methods.p_darts import at_most, narrowed, strongest, with_skip_dropout
from dartsx.search.methods.progressive import widened
from dartsx.spaces import CellSpace

SPACE = CellSpace(("none", "skip_connect", "sep_conv_3x3", "avg_pool_3x3"), num_nodes=2)
TASK = Task(SPACE, {"normal": 2, "reduce": 1})


class Additive:
    """Accuracy = sum of the values of all candidates in use; notes how it is tuned."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.values = {name: rng.uniform(1, 2, shape) for name, shape in SPACE.alpha_shapes.items()}
        self.tuned = []

    def accuracy(self, choice):
        return sum((self.values[name] * c["rows"]).sum() for name, c in choice.items())

    def tune(self, choice, epochs):
        self.tuned.append((sum(c["fixed"].sum() for c in choice.values()), epochs))


@pytest.mark.parametrize("seed", range(5))
def test_selection_keeps_what_costs_most_to_remove(seed):
    net = Additive(seed)
    genotype = select(SPACE, TrainedSupernet(net.accuracy, net.tune), np.random.default_rng(seed), tune_epochs=2)
    for name, values in net.values.items():
        best = values[:, 1:].argmax(1) + 1  # none is never kept
        strength = values[np.arange(len(values)), best]
        for node in SPACE.nodes:
            rows = [row for row, (_, target) in enumerate(SPACE.edges) if target == node]
            kept = sorted(rows, key=lambda row: -strength[row])[:2]
            wanted = {(SPACE.primitives[best[row]], SPACE.edges[row][0]) for row in kept}
            assert {(e.primitive, e.source) for e in genotype.cell(name).inputs(node)} == wanted
    # Once after each of 5 edges of both cells, then after each of 2 nodes.
    assert net.tuned == [(n, 2) for n in [2, 4, 6, 8, 10, 10, 10]]


def test_a_choice_removes_candidates_and_fixes_edges_in_prediction_and_training():
    problem = stand_in.problem("darts", dtype="float32")
    state = init_state(problem, jax.random.key(0), (2, 2, 4))
    train, _ = stand_in.batches(dtype=np.float32)
    choice = undecided(stand_in.SPACE)
    plain = predict(problem, state, train.images)
    under = predict(problem, state._replace(memory={"choice": choice}), train.images)
    np.testing.assert_allclose(under, plain, rtol=1e-6)

    mixture = {name: np.array(rows) for name, rows in problem.method.mixture(state.alpha, None, 0.0).items()}
    choice["normal"]["rows"][0, 2] = 0  # removed, the others as they were
    mixture["normal"][0, 2] = 0
    choice["reduce"]["fixed"][1], choice["reduce"]["rows"][1] = True, np.eye(4)[3]
    mixture["reduce"][1] = np.eye(4)[3]
    chosen = state._replace(memory={"choice": choice})
    variables = {"params": state.params, "batch_stats": state.batch_stats}
    expected = problem.supernet.apply(variables, train.images, mixture, False)
    np.testing.assert_allclose(predict(problem, chosen, train.images), expected, rtol=1e-5)
    after, metrics = make_weight_step(problem)(chosen, train)
    expected = -np.asarray(jax.nn.log_softmax(expected))[np.arange(len(train.labels)), train.labels].mean()
    np.testing.assert_allclose(metrics["train"]["loss"], expected, rtol=1e-5)
    jax.tree.map(np.testing.assert_array_equal, after.alpha, state.alpha)
    assert after.step == 1 and not np.array_equal(
        after.params["cell0"]["sep_conv_3x3"]["kernel"], state.params["cell0"]["sep_conv_3x3"]["kernel"]
    )


# -------------------------------------------------------------------------------------------------- stages
def random_alphas(seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in SPACE.alpha_shapes.items()}


@pytest.mark.parametrize("name", ["darts", "gdas", "snas", "reinmax", "fair_darts", "drnas", "beta_darts", "pc_darts"])
def test_a_narrowed_method_uses_and_trains_kept_candidates_only(name):
    method = compose(name, TASK)
    first = jax.tree.map(jnp.asarray, dict(method.init(jax.random.key(0), SPACE.alpha_shapes)))
    alpha = first | random_alphas()
    everything = {n: np.ones(shape, bool) for n, shape in SPACE.alpha_shapes.items()}
    kept = strongest(SPACE, method.strength(random_alphas() if name != "pc_darts" else alpha), everything, 2)
    assert all((k.sum(1) == 2).all() for k in kept.values())
    narrow = narrowed(method, kept)

    def total(alpha):
        rows = narrow.mixture(alpha, jax.random.key(1), 0.5)
        penalty = narrow.penalty(alpha, 0.5) if narrow.penalty else 0
        return sum((r * jnp.arange(r.size).reshape(r.shape)).sum() for r in rows.values()) + penalty, rows

    gradient, rows = jax.grad(total, has_aux=True)(alpha)
    for n, mask in kept.items():
        assert (np.asarray(rows[n])[~mask] == 0).all() and np.isfinite(rows[n]).all()
        assert (np.asarray(gradient[n])[~mask] == 0).all() and np.isfinite(gradient[n]).all()
        assert (narrow.strength(alpha)[n][~mask] == 0).all()
    derived = narrow.derive(SPACE, alpha)
    for n, mask in kept.items():
        rows = {edge: row for row, edge in enumerate(SPACE.edges)}
        strong = [e for e in derived.cell(n).edges if mask[rows[e.source, e.node]][1:].any()]
        assert all(mask[rows[e.source, e.node], SPACE.primitives.index(e.primitive)] for e in strong)


def test_stages_only_narrow():
    strengths = compose("darts", TASK).strength(random_alphas())
    kept = {n: np.ones(shape, bool) for n, shape in SPACE.alpha_shapes.items()}
    for count in (3, 2, 1):
        before, kept = kept, strongest(SPACE, strengths, kept, count)
        for n, mask in kept.items():
            assert (mask.sum(1) == count).all() and not (mask & ~before[n]).any()
            np.testing.assert_array_equal(mask[:, 0] | mask[:, 1:].any(1), True)
            assert (np.where(mask, strengths[n], np.inf).min(1) >= np.where(mask, -1, strengths[n]).max(1)).all()


def test_widened_weights_repeat_the_same_channels_wherever_a_width_grows():
    rng = np.random.default_rng(0)
    narrow = {"pw": rng.normal(size=(5, 4, 4)), "bn": rng.normal(size=(5, 4)), "same": rng.normal(size=(3, 3))}
    shapes = {"pw": (5, 6, 6), "bn": (5, 6), "same": (3, 3)}
    wide = widened(narrow, {name: np.empty(shape) for name, shape in shapes.items()}, seed=3)
    assert {name: w.shape for name, w in wide.items()} == shapes
    of = [next(c for c in range(4) if (narrow["bn"][:, c] == wide["bn"][:, i]).all()) for i in range(6)]
    assert of[:4] == [0, 1, 2, 3]
    np.testing.assert_array_equal(wide["pw"], narrow["pw"][:, of][:, :, of])
    np.testing.assert_array_equal(wide["same"], narrow["same"])


def test_dropped_skip_connections_keep_their_mean_and_return_at_the_end():
    base = compose("darts", TASK)
    method, alpha = with_skip_dropout(base, TASK, 0.4), random_alphas()
    plain = np.asarray(base.mixture(alpha, None, 0.0)["normal"])
    keys = jax.random.split(jax.random.key(0), 2000)
    rows = np.asarray(jax.vmap(lambda key: method.mixture(alpha, key, 0.5)["normal"])(keys))
    np.testing.assert_array_equal(rows[:, :, [0, 2, 3]], np.broadcast_to(plain[:, [0, 2, 3]], (2000, 5, 3)))
    dropped = (rows[:, :, 1] == 0).mean(0)  # rate 0.4 * (1 - 0.5)
    assert (np.abs(dropped - 0.2) < 4 * np.sqrt(0.16 / 2000)).all()
    np.testing.assert_allclose(rows[:, :, 1].mean(0), plain[:, 1], rtol=0.1)
    np.testing.assert_allclose(method.mixture(alpha, keys[0], 1.0)["normal"], plain, rtol=1e-6)
    np.testing.assert_array_equal(method.expected(alpha, 0.5)["normal"], plain)


def test_dropped_edges_keep_their_mean_and_every_cell_has_its_own():
    base = compose("darts", TASK)
    method, alpha = compose("r_darts", TASK, {"r_darts": {"drop_path": 0.4}}), random_alphas()
    plain = np.asarray(base.mixture(alpha, None, 0.0)["normal"])
    keys = jax.random.split(jax.random.key(0), 2000)
    rows = np.asarray(jax.vmap(lambda key: method.mixture(alpha, key, 0.5)["normal"])(keys))
    assert rows.shape == (2000, 2, 5, 4)  # two normal cells
    dropped = (rows == 0).all(-1)
    np.testing.assert_allclose(rows[~dropped].mean(0) * 0.8, plain[np.nonzero(~dropped)[2]].mean(0), rtol=0.01)
    assert (np.abs(dropped.mean(0) - 0.2) < 4 * np.sqrt(0.16 / 2000)).all()  # rate 0.4 * 0.5
    assert (dropped[:, 0] != dropped[:, 1]).any()
    np.testing.assert_allclose(method.mixture(alpha, keys[0], 0.0)["normal"][0], plain, rtol=1e-6)
    np.testing.assert_array_equal(method.expected(alpha, 0.5)["normal"], plain)


def test_the_weakest_skip_connections_give_way():
    strengths = {n: np.full(s, 0.1) for n, s in SPACE.alpha_shapes.items()}
    strengths["normal"][:, 1] = [0.9, 0.8, 0.7, 0.6, 0.5]
    genotype = at_most(2)(SPACE, strengths)
    edges = [(e.node, e.source) for e in genotype.normal.edges if e.primitive == "skip_connect"]
    assert sorted(edges) == [(2, 0), (2, 1)]
    assert sum(e.primitive == "skip_connect" for e in SPACE.derive(strengths).normal.edges) == 4


def test_edges_below_a_threshold_are_left_out_but_every_node_keeps_its_strongest():
    strengths = {n: np.full(s, 0.1) for n, s in SPACE.alpha_shapes.items()}
    strengths["normal"][[0, 1, 3], 2] = [0.9, 0.86, 0.85]  # node 2 has rows 0 and 1, node 3 rows 2 to 4
    genotype = above(0.85)(SPACE, strengths)
    edges = [[(e.node, e.source, e.primitive) for e in genotype.cell(n).edges] for n in ("normal", "reduce")]
    assert edges[0] == [(2, 0, "sep_conv_3x3"), (2, 1, "sep_conv_3x3"), (3, 1, "sep_conv_3x3")]
    assert [edge[0] for edge in edges[1]] == [2, 3]


# -------------------------------------------------------------------------------------------------- freezing
def test_overfitting_operations_freeze_for_good_and_others_go_on(quick_jit):
    """Validation labels that contradict the training labels turn every cosine negative; equal batches make it 1."""
    method = {"threshold": 0.4, "steps": 3}
    problem = stand_in.problem("oles", dtype="float32", oles=method)
    step = quick_jit(make_step(problem))
    train, _ = stand_in.batches(dtype=np.float32)
    wrong = train._replace(labels=(train.labels + 1) % 3)
    start = init_state(problem, jax.random.key(0), (2, 2, 4))

    def run(state, valid, steps):
        for _ in range(steps):
            state, _ = step(state, train, valid)
        return state

    same = run(start, train, 6)
    assert not any(f.any() for f in jax.tree.leaves(same.memory["freeze"]["frozen"]))
    np.testing.assert_allclose(run(start, train, 2).memory["freeze"]["cosines"]["cell0"]["sep_conv_3x3"], 2, rtol=1e-4)

    judged = run(run(start, wrong, 2), wrong, 1)
    frozen = judged.memory["freeze"]["frozen"]
    assert frozen["cell0"]["sep_conv_3x3"].any() and judged.memory["freeze"]["count"] == 0
    later = run(judged, train, 4)  # good cosines do not thaw
    for (path, before), after in zip(
        jax.tree.leaves_with_path(judged.params), jax.tree.leaves(later.params), strict=True
    ):
        flags = np.asarray(frozen[path[0].key][path[1].key])
        moved = np.asarray(before != after).any(axis=(1, 2))
        assert not moved[flags].any() and moved[~flags].all(), path


def test_only_weights_of_candidates_can_freeze():
    freeze = stand_in.problem("oles").method.freeze
    cell = {"pre0": {"w": jnp.ones(2)}, "sep_conv_3x3": {"dw": jnp.ones((2, 3))}}
    weights = {"stem": {"kernel": jnp.ones(3)}, "cell0": cell}
    memory = freeze.init(weights)
    assert jax.tree.map(jnp.shape, memory["frozen"]) == {"cell0": {"sep_conv_3x3": (2,)}}
    memory["frozen"] = {"cell0": {"sep_conv_3x3": jnp.array([True, False])}}
    moving = freeze.moving(memory, weights)
    np.testing.assert_array_equal(moving["cell0"]["sep_conv_3x3"]["dw"], [[0, 0, 0], [1, 1, 1]])
    assert moving["stem"]["kernel"].all() and moving["cell0"]["pre0"]["w"].all()
