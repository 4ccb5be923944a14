"""The contract of every method, in one table: formulas in NumPy, a planted primitive, resumption, devices, bfloat16.

The network is a stand-in that is linear in mixture and weights (see conftest), so that every gradient is written by
hand.
"""

import json
import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import special, stats

from dartsx.catalog import INIT_SCALE, METHODS
from dartsx.runtime import Checkpointer, at_step, stream
from dartsx.search import init_state, make_step

ROOT = pathlib.Path(__file__).resolve().parents[2]
AT = 60  # the step at which formulas are checked: progress 0.2

# The step of those that act between epochs or after the search is DARTS's, see the last tests.
IN_THE_STEP = tuple(name for name, method in METHODS.items() if not method.on_the_host)

# Formulas with what the paper leaves out by default.
FURTHER = {"drnas": {"drnas": {"penalty": 1e-3}}}


# ------------------------------------------------------------------------------- the stand-in by hand
class Hand:
    """Loss and gradients of the stand-in in NumPy."""

    def __init__(self, stand_in, params, batch):
        self.given, self.params = stand_in, params
        self.x = np.asarray(batch.images).mean((1, 2))
        self.target = np.eye(stand_in.classes)[np.asarray(batch.labels)]

    def _terms(self, mixture):
        """(cell, its type, its number among them, column of the primitive, its weights by edge, kernel)."""
        seen = dict.fromkeys(self.given.planted, 0)
        for i, name in enumerate(self.given.types):
            for primitive, weights in self.params[f"cell{i}"].items():
                column = self.given.space.primitives.index(primitive)
                rows = mixture[name][seen[name]] if mixture[name].ndim == 3 else mixture[name]
                yield i, name, seen[name], column, rows[:, column], np.asarray(weights["kernel"])
            seen[name] += 1

    def residual(self, mixture):
        logits = 0
        for _, name, _, column, rows, kernel in self._terms(mixture):
            logits = logits + np.einsum("nc,ec,ecd,e->nd", self.x, self.given.visible[name][:, column], kernel, rows)
        self.logits = logits
        return (special.softmax(logits, 1) - self.target) / len(self.x)

    def loss(self, mixture):
        self.residual(mixture)
        return (special.logsumexp(self.logits, 1) - (self.logits * self.target).sum(1)).mean()

    def of_mixture(self, mixture):
        """d loss / d mixture, in the shape of the mixture."""
        residual = self.residual(mixture)
        gradient = {name: np.zeros(rows.shape) for name, rows in mixture.items() if "/" not in name}
        for _, name, n, column, _, kernel in self._terms(mixture):
            per_edge = np.einsum("nc,ec,ecd,nd->e", self.x, self.given.visible[name][:, column], kernel, residual)
            (gradient[name][n] if gradient[name].ndim == 3 else gradient[name])[:, column] += per_edge
        return gradient

    def of_weights(self, mixture):
        residual, gradient = self.residual(mixture), {}
        for i, name, _, column, rows, _ in self._terms(mixture):
            seen = self.given.visible[name][:, column]
            kernel = np.einsum("nc,ec,nd,e->ecd", self.x, seen, residual, rows)
            gradient.setdefault(f"cell{i}", {})[self.given.space.primitives[column]] = {"kernel": kernel}
        return gradient


def softmax_back(rows, gradient):
    return rows * (gradient - (rows * gradient).sum(-1, keepdims=True))


# ------------------------------------------------------------------------------------------ relaxations
# (alphas, key, progress) -> mixtures, and (gradient of the mixtures) -> gradient of the alphas; name by name.
def plain(alpha, key, t):
    rows = special.softmax(alpha, -1)
    return rows, lambda g: softmax_back(rows, g)


def gumbel(alpha, key, temperature):
    return special.softmax((alpha + np.asarray(jax.random.gumbel(key, alpha.shape, jnp.float64))) / temperature, -1)


def gdas(alpha, key, t):
    temperature = 10 - 9.9 * t
    soft = gumbel(alpha, key, temperature)
    drawn = np.eye(alpha.shape[1])[soft.argmax(-1)]
    return drawn, lambda g: softmax_back(soft, drawn * g) / temperature


def snas(alpha, key, t):
    temperature = 0.03**t
    soft = gumbel(alpha, key, temperature)
    return soft, lambda g: softmax_back(soft, g) / temperature


def reinmax(alpha, key, t):
    p = special.softmax(alpha, -1)
    drawn = np.eye(alpha.shape[1])[np.asarray(jax.random.categorical(key, jnp.asarray(alpha)))]
    return drawn, lambda g: 2 * softmax_back((drawn + p) / 2, g) - softmax_back(p, g) / 2


def fair(alpha, key, t):
    rows = special.expit(alpha)
    return rows, lambda g: rows * (1 - rows) * g


def drnas(alpha, key, t):
    beta = np.where(alpha > 0, alpha + 1, np.exp(alpha))
    gamma = np.exp(np.asarray(jax.random.loggamma(key, jnp.asarray(beta))))
    # Implicit derivative of a sample: at a fixed value of the distribution function, by differences in beta.
    step = 1e-5
    slope = (stats.gamma.cdf(gamma, beta + step) - stats.gamma.cdf(gamma, beta - step)) / (2 * step)
    of_beta = -slope / stats.gamma.pdf(gamma, beta)
    rows = gamma / gamma.sum(-1, keepdims=True)

    def back(g):
        of_gamma = (g - (rows * g).sum(-1, keepdims=True)) / gamma.sum(-1, keepdims=True)
        return of_gamma * of_beta * np.where(alpha > 0, 1, np.exp(alpha))

    return rows, back


def darts_minus(alpha, key, t):
    rows, back = plain(alpha, key, t)
    return rows + (1 - t) * np.eye(alpha.shape[1])[1], back


RELAXATIONS = {"gdas": gdas, "snas": snas, "reinmax": reinmax, "fair_darts": fair, "drnas": drnas}
RELAXATIONS |= {"darts_minus": darts_minus}


# -------------------------------------------------------------------------------------------- penalties
def zero_one(alphas, t):
    return -10 * np.mean([(special.expit(a) - 0.5) ** 2 for a in alphas.values()])


def beta_decay(alphas, t):
    return 50 * t * np.mean([special.logsumexp(a, -1) for a in alphas.values()])


def divergence(alphas, t):
    def one(alpha):
        beta = np.where(alpha > 0, alpha + 1, np.exp(alpha))
        whole = beta.sum(-1, keepdims=True)
        normaliser = special.gammaln(whole[:, 0]) - special.gammaln(beta).sum(-1) - special.gammaln(beta.shape[1])
        return np.sum(normaliser + ((beta - 1) * (special.psi(beta) - special.psi(whole))).sum(-1))

    return 1e-3 * sum(one(a) for a in alphas.values())


PENALTIES = {"fair_darts": zero_one, "beta_darts": beta_decay, "drnas": divergence}


def numeric(function, tree, step=1e-6):
    """Central differences of a scalar function of a dict of arrays."""
    gradient = {}
    for name, value in tree.items():
        gradient[name] = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            change = np.zeros(value.shape)
            change[index] = step
            up, down = (function({**tree, name: value + s * change}) for s in (1, -1))
            gradient[name][index] = (up - down) / (2 * step)
    return gradient


def mixture_by_hand(name, alphas, key, t):
    """Mixtures, and the map from their gradients to those of the alphas (candidates and edges)."""
    rows, backs = {}, {}
    for cell_type in ("normal", "reduce"):
        relax = RELAXATIONS.get(name, plain)
        rows[cell_type], backs[cell_type] = relax(alphas[cell_type], stream(key, cell_type), t)
    if name != "pc_darts":
        return rows, lambda g: {n: backs[n](g[n]) for n in rows}
    # Both edges of the only node compete.
    edges = {n: special.softmax(alphas[f"{n}/edges"]) for n in rows}
    weighted = {n: rows[n] * edges[n][:, None] for n in rows}

    def back(g):
        of_rows = {n: backs[n](g[n] * edges[n][:, None]) for n in rows}
        return of_rows | {f"{n}/edges": softmax_back(edges[n], (g[n] * rows[n]).sum(1)) for n in rows}

    return weighted, back


# ------------------------------------------------------------------------------------- the weight step
def simplex(moved, rows):
    cut = np.clip(moved, 0, 1)
    return cut / cut.sum(-1, keepdims=True) * rows.sum(-1, keepdims=True)


def noisy(hand, mixture, key, radius):
    key = stream(key, "perturbation")
    draw = {n: np.asarray(jax.random.uniform(stream(key, n), r.shape, jnp.float64, -1, 1)) for n, r in mixture.items()}
    return {n: simplex(r + radius * draw[n], r) for n, r in mixture.items()}


def attacked(hand, mixture, key, radius):
    moved = noisy(hand, mixture, key, radius)
    for _ in range(7):
        gradient = hand.of_mixture(moved)
        stepped = {n: moved[n] + 2 * radius / 7 * np.sign(gradient[n]) for n in moved}
        moved = {n: simplex(np.clip(stepped[n], r - radius, r + radius), r) for n, r in mixture.items()}
    return moved if hand.loss(moved) >= hand.loss(mixture) else mixture


PERTURBATIONS = {"sdarts_rs": noisy, "sdarts_adv": attacked}


def alignment(stand_in, batch, mixture, params):
    """Cosine between the gradients that the two normal cells send to their mixtures."""
    both = {**mixture, "normal": np.stack([mixture["normal"]] * 2)}
    first, second = Hand(stand_in, params, batch).of_mixture(both)["normal"]
    return (first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)


def weight_gradient_by_hand(name, stand_in, params, batch, mixture, key, t):
    hand = Hand(stand_in, params, batch)
    if name in PERTURBATIONS:
        mixture = PERTURBATIONS[name](hand, mixture, key, 0.03 + 0.27 * t)
    gradient = hand.of_weights(mixture)
    if name == "lambda_darts":
        flat = {(c, p): np.asarray(w["kernel"]) for c, ops in params.items() for p, w in ops.items()}

        def aligned(flat):
            nested = {}
            for (c, p), kernel in flat.items():
                nested.setdefault(c, {})[p] = {"kernel": kernel}
            return alignment(stand_in, batch, mixture, nested)

        for (c, p), change in numeric(aligned, flat).items():
            gradient[c][p]["kernel"] = gradient[c][p]["kernel"] - 0.125 * t * change
    return gradient


# ---------------------------------------------------------------------------------------------- fixtures
class Stepped:
    """One method's compiled step in float64, by plain gradient descent, and one step of it."""

    def __init__(self, name, stand_in, quick_jit):
        self.name, self.batches = name, stand_in.batches()
        self.problem = stand_in.problem(name, optax.sgd(1.0), **FURTHER.get(name, {}))
        state = init_state(self.problem, jax.random.key(3), (2, 2, 4))
        alpha = jax.tree.map(lambda a: 5 * a.astype(jnp.float64), state.alpha)
        self.start = state._replace(alpha=alpha, step=jnp.int32(AT))
        self.step = quick_jit(make_step(self.problem))
        self.after, self.metrics = self.step(self.start, *self.batches)


@pytest.fixture(scope="module", params=IN_THE_STEP)
def stepped(request, stand_in, quick_jit):
    with jax.enable_x64(True):
        yield Stepped(request.param, stand_in, quick_jit)


def close(ours, theirs, rtol=1e-7):
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-9), ours, theirs)


# ------------------------------------------------------------------------------------------------- tests
def test_the_alpha_step_is_the_formula(stepped, stand_in):
    name, start, t = stepped.name, stepped.start, AT / stand_in.steps
    alphas = jax.tree.map(np.asarray, dict(start.alpha))
    keys = jax.random.split(at_step(stream(start.key, "relaxation"), AT))
    batch = stepped.batches[0 if name == "snas" else 1]  # one level: the batch of the weights
    mixture, back = mixture_by_hand(name, alphas, keys[1], t)
    gradient = back(Hand(stand_in, start.params, batch).of_mixture(mixture))
    if name in PENALTIES:
        added = numeric(lambda a: PENALTIES[name](a, t), alphas)
        gradient = {n: gradient[n] + added[n] for n in gradient}
    assert max(np.abs(g).max() for g in gradient.values()) > 1e-4
    close(dict(stepped.after.alpha), {n: alphas[n] - gradient[n] for n in alphas}, rtol=1e-6)


def test_the_weight_step_is_the_formula(stepped, stand_in):
    name, start, t = stepped.name, stepped.start, AT / stand_in.steps
    alphas = jax.tree.map(np.asarray, dict(stepped.after.alpha))
    key = at_step(stream(start.key, "relaxation"), AT)
    mixture, _ = mixture_by_hand(name, alphas, jax.random.split(key)[0], t)
    gradient = weight_gradient_by_hand(name, stand_in, start.params, stepped.batches[0], mixture, key, t)
    norm = np.sqrt(sum(np.square(g).sum() for g in jax.tree.leaves(gradient)))
    assert 1e-3 < norm < stand_in.clip
    moved = jax.tree.map(
        lambda w, g: np.asarray(w) - stand_in.rate * (g + stand_in.decay * np.asarray(w)), start.params, gradient
    )
    close(stepped.after.params, moved, rtol=1e-6)


def test_alphas_and_state_resume_exactly(stepped, tmp_path):
    with Checkpointer(tmp_path) as checkpoints:
        checkpoints.save(1, stepped.after)
        restored = checkpoints.restore_latest(jax.tree.map(jnp.zeros_like, stepped.after)).state
    ends = [stepped.step(state, *stepped.batches)[0] for state in (stepped.after, restored)]
    raw = [jax.tree.map(lambda x: np.asarray(_plain(x)), end) for end in ends]
    jax.tree.map(np.testing.assert_array_equal, *raw)


def _plain(x):
    return jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x


def test_a_planted_best_primitive_is_found_from_five_seeds(stepped, stand_in, quick_jit):
    """By the options and initial alphas of each method's paper; its schedules fit the steps."""
    initial = METHODS[stepped.name].paper.get("alphas.init_scale", INIT_SCALE)
    problem = stand_in.problem(stepped.name, init_scale=initial)
    batches = [stand_in.batches(seed, size=32) for seed in range(16)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(tuple, batches))
    step = make_step(problem)

    def search(key):
        state = init_state(problem, key, (2, 2, 4))
        wide = jax.tree.map(lambda a: a.astype(jnp.float64), state.alpha)
        state = state._replace(alpha=wide, alpha_opt=problem.alpha_optimizer.init(wide))

        def one(state, i):
            return step(state, *jax.tree.map(lambda leaves: leaves[i % len(batches)], stacked))[0], None

        return jax.lax.scan(one, state, jnp.arange(stand_in.steps))[0].alpha

    keys = jax.random.split(jax.random.key(0), 5)
    found = jax.tree.map(np.asarray, quick_jit(jax.vmap(search))(keys))
    for seed in range(5):
        genotype = problem.method.derive(stand_in.space, {name: a[seed] for name, a in found.items()})
        for cell_type, columns in stand_in.planted.items():
            chosen = {e.source: e.primitive for e in genotype.cell(cell_type).edges}
            assert chosen == {i: stand_in.space.primitives[c] for i, c in enumerate(columns)}, (seed, cell_type)


CHILD = """
import importlib.util, json, sys
import jax, jax.numpy as jnp, numpy as np, optax
jax.config.update("jax_enable_x64", True)
spec = importlib.util.spec_from_file_location("stand_in", "tests/search/conftest.py")
stand_in = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stand_in)
from dartsx.runtime import make_mesh, put_batch, put_replicated
from dartsx.search import init_state, make_step
mesh, found = make_mesh(4), {}
quick = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
for name in sys.argv[2:]:
    for dtype in ("float64", "bfloat16"):
        problem = stand_in.make_problem(name, optax.sgd(1.0), dtype, **json.loads(sys.argv[1]).get(name, {}))
        state = init_state(problem, jax.random.key(3), (2, 2, 4))
        wide = jnp.float64 if dtype == "float64" else jnp.float32
        alpha = jax.tree.map(lambda a: 5 * a.astype(wide), state.alpha)
        state = put_replicated(state._replace(alpha=alpha, step=jnp.int32(60)), mesh)
        train, valid = put_batch(tuple(stand_in.make_batches(dtype=wide)), mesh)
        after, metrics = jax.jit(make_step(problem), compiler_options=quick)(state, train, valid)
        leaves = {"alpha": jax.tree.leaves(after.alpha), "params": jax.tree.leaves(after.params)}
        found.setdefault(name, {})[dtype] = {
            "devices": len(train.images.sharding.device_set),
            "dtypes": sorted({str(x.dtype) for x in leaves["alpha"] + leaves["params"]}),
            "gradient": float(metrics["valid"]["alpha_gradient_norm"]),
            **{k: [np.asarray(x).tolist() for x in v] for k, v in leaves.items()},
        }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def elsewhere():
    """One step of every method on four emulated devices, in float64 and with bfloat16 activations."""
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", CHILD, json.dumps(FURTHER), *IN_THE_STEP]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_step_on_four_devices_is_the_step_on_one(stepped, elsewhere):
    there = elsewhere[stepped.name]["float64"]
    assert there["devices"] == 4
    for name in ("alpha", "params"):
        here = [np.asarray(leaf) for leaf in jax.tree.leaves(getattr(stepped.after, name))]
        for ours, theirs in zip(here, there[name], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_gradients_are_finite_with_bfloat16_activations(stepped, elsewhere):
    there = elsewhere[stepped.name]["bfloat16"]
    assert there["dtypes"] == ["float32"]
    for leaf in there["alpha"] + there["params"]:
        assert np.isfinite(leaf).all()
    assert np.isfinite(there["gradient"]) and there["gradient"] > 0
