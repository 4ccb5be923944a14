"""The formulas of every method in NumPy, without autodiff, against one compiled step of each on the stand-in."""

import jax
import jax.numpy as jnp
import numpy as np
import stand_in
from scipy import optimize, special, stats
from stand_in import AT, ByHand

from dartsx.runtime import at_step, stream


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


def drawn_one(alpha, key, t):
    """Also the row of a weight step of ProxylessNAS."""
    drawn = np.eye(alpha.shape[1])[np.asarray(jax.random.categorical(key, jnp.asarray(alpha)))]
    return drawn, lambda g: 0 * g


def two_paths(alpha, key, t):
    pair_key, one_key = jax.random.split(key)
    noisy = alpha + np.asarray(jax.random.gumbel(pair_key, alpha.shape, jnp.float64))
    pair = np.argsort(-noisy)[:, :2]
    only = np.full(alpha.shape, -np.inf)
    np.put_along_axis(only, pair, np.take_along_axis(alpha, pair, 1), 1)
    drawn, _ = drawn_one(only, one_key, t)
    return drawn, lambda g: softmax_back(special.softmax(only, -1), g)


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


def nearest(z):
    """The nearest point of the simplex: z less a threshold, found by bisection and then computed on its support."""
    threshold = optimize.brentq(lambda at: np.maximum(z - at, 0).sum() - 1, z.max() - 1, z.max())
    kept = z > threshold
    return np.where(kept, z - (z[kept].sum() - 1) / kept.sum(), 0)


def outside(z, radius):
    """The nearest point, pushed out of a sphere around the centre of its face, face by face."""
    centre, square = np.full(len(z), 1 / len(z)), radius**2
    while True:
        p = nearest(z)
        face = (p > 0) / (p > 0).sum()
        square, centre = square - ((face - centre) ** 2).sum(), face
        if ((p - face) ** 2).sum() >= square or (p == face).all():
            return p
        z = face + np.sqrt(square / ((p - face) ** 2).sum()) * (p - face)
        if z.min() >= 0:
            return z


def sparsest(alpha, key, t):
    def rows(alpha):
        return np.stack([outside(row, t) for row in alpha])

    return rows(alpha), lambda g: numeric(lambda a: (rows(a["row"]) * g).sum(), {"row": alpha})["row"]


RELAXATIONS = {"gdas": gdas, "snas": snas, "reinmax": reinmax, "fair_darts": fair, "drnas": drnas}
RELAXATIONS |= {"darts_minus": darts_minus, "proxyless": two_paths, "tunas": drawn_one, "trilevel": sparsest}


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


def mixture_by_hand(name, alphas, key, t, relax=None):
    """Mixtures, and the map from their gradients to those of the alphas (candidates and edges)."""
    rows, backs = {}, {}
    relax = relax or RELAXATIONS.get(name, plain)
    for cell_type in ("normal", "reduce"):
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


def reinforced(start, alphas, mixture, batch):
    """TuNAS's gradient: by the accuracy beyond the moving mean of all, this one included; its factor grows tenfold."""
    hand, memory = ByHand(start.params, batch), start.memory["learning"]
    hand.residual(mixture)
    reward = (hand.logits.argmax(1) == hand.target.argmax(1)).mean()
    old, new = 0.95 * float(memory["weight"]), 0.05
    mean = (old * float(memory["baseline"]) + new * reward) / (old + new)
    grown = 10 ** (AT / stand_in.STEPS)
    return {n: -grown * (reward - mean) * (mixture[n] - special.softmax(a, -1)) for n, a in alphas.items()}


def warmed_up(alpha, key, t):
    """TuNAS's warm-up: all candidates alike on edges that are drawn with a chance of 1 - t / 0.25."""
    rows, back = drawn_one(alpha, key, t)
    replaced = np.asarray(jax.random.uniform(stream(key, "warmup"), (len(alpha),))) < 1 - t / 0.25
    return np.where(replaced[:, None], 1 / alpha.shape[1], rows), back


def rescaled(alphas, moved):
    """ProxylessNAS: the sum of exponentials of what has moved is what it was."""
    changed = moved != alphas
    assert (changed.sum(1) == 2).all()
    before, after = (np.log((np.exp(a) * changed).sum(1, keepdims=True)) for a in (alphas, moved))
    return moved - changed * (after - before)


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


def alignment(batch, mixture, params):
    """Cosine between the gradients that the two normal cells send to their mixtures."""
    both = {**mixture, "normal": np.stack([mixture["normal"]] * 2)}
    first, second = ByHand(params, batch).of_mixture(both)["normal"]
    return (first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)


def weight_gradient_by_hand(name, params, batch, mixture, key, t):
    hand = ByHand(params, batch)
    if name in PERTURBATIONS:
        mixture = PERTURBATIONS[name](hand, mixture, key, 0.03 + 0.27 * t)
    gradient = hand.of_weights(mixture)
    if name == "lambda_darts":
        flat = {(c, p): np.asarray(w["kernel"]) for c, ops in params.items() for p, w in ops.items()}

        def aligned(flat):
            nested = {}
            for (c, p), kernel in flat.items():
                nested.setdefault(c, {})[p] = {"kernel": kernel}
            return alignment(batch, mixture, nested)

        for (c, p), change in numeric(aligned, flat).items():
            gradient[c][p]["kernel"] = gradient[c][p]["kernel"] - 0.125 * t * change
    return gradient


# ------------------------------------------------------------------------------------------------- tests
def close(ours, theirs, rtol=1e-7):
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-9), ours, theirs)


def test_the_alpha_step_is_the_formula(stepped):
    name, start, t = stepped.name, stepped.start, AT / stand_in.STEPS
    alphas = jax.tree.map(np.asarray, dict(start.alpha))
    keys = jax.random.split(at_step(stream(start.key, "relaxation"), AT))
    batch = stepped.batches[0 if name == "snas" else 1]  # one level: the batch of the weights
    mixture, back = mixture_by_hand(name, alphas, keys[1], t)
    gradient = back(ByHand(start.params, batch).of_mixture(mixture))
    if name in PENALTIES:
        added = numeric(lambda a: PENALTIES[name](a, t), alphas)
        gradient = {n: gradient[n] + added[n] for n in gradient}
    if name == "tunas":
        gradient = reinforced(start, alphas, mixture, batch)
    assert max(np.abs(g).max() for g in gradient.values()) > 1e-4
    moved = {n: alphas[n] - gradient[n] for n in alphas}
    if name == "proxyless":
        moved = {n: rescaled(alphas[n], moved[n]) for n in alphas}
    close(dict(stepped.after.alpha), moved, rtol=1e-6)


def test_the_weight_step_is_the_formula(stepped):
    name, start, t = stepped.name, stepped.start, AT / stand_in.STEPS
    alphas = jax.tree.map(np.asarray, dict(stepped.after.alpha))
    key = at_step(stream(start.key, "relaxation"), AT)
    relax = {"proxyless": drawn_one, "tunas": warmed_up}.get(name)
    mixture, _ = mixture_by_hand(name, alphas, jax.random.split(key)[0], t, relax)
    gradient = weight_gradient_by_hand(name, start.params, stepped.batches[0], mixture, key, t)
    norm = np.sqrt(sum(np.square(g).sum() for g in jax.tree.leaves(gradient)))
    assert 1e-3 < norm < stand_in.CLIP
    moved = jax.tree.map(
        lambda w, g: np.asarray(w) - stand_in.RATE * (g + stand_in.DECAY * np.asarray(w)), start.params, gradient
    )
    close(stepped.after.params, moved, rtol=1e-6)
