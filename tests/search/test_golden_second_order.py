"""Hypergradients equal the original's, piece by piece, with ReLU and on the smooth network of the same weights."""

import concurrent.futures

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from dartsx.kernels.channel_major.primitives import PRIMITIVES
from dartsx.kernels.channel_major.primitives.pool import Pool
from dartsx.losses import cross_entropy
from dartsx.nn import Supernet, per_edge
from dartsx.search import HYPERGRADIENTS, Bilevel, Inner
from dartsx.search.hypergradient import RADIUS
from dartsx.search.relax import softmax
from dartsx.spaces import CELL_TYPES, CellSpace

SMOOTH = {"activation": jax.nn.silu, "primitives": PRIMITIVES | {"max_pool_3x3": Pool("avg")}}
VARIANTS = {"": {}, "smooth/": SMOOTH}
CHANNELS, PIXELS = "channel_major", "pixel_major"
CASES = (("", CHANNELS), ("smooth/", CHANNELS), ("", PIXELS))  # variant and layout
RADII = (1e-1, RADIUS, 1e-3, 1e-4, 1e-6)
PIECES = ["first_order_", "exact_", "fd_", "direct_", "hvp_", "unrolled", "loss_", "vector_norm"]


@pytest.fixture(scope="module")
def golden_search(load_golden):
    """The problem of both files: arrays of second_order.npz, weights and alphas of supernet.npz."""
    return load_golden("second_order.npz"), load_golden("supernet.npz")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].strip('/') or 'relu'}-{case[1]}")
def case(request):
    return request.param


@pytest.fixture(scope="module")
def variant(case):
    return case[0]


@pytest.fixture(scope="module")
def expected(golden_search, variant):
    """Everything of this variant that is compared by its name."""
    chosen = (key.removeprefix(variant) for key in golden_search[0] if key.startswith(variant))
    names = [key for key in chosen if key.startswith(tuple(PIECES)) or key.startswith("fd_")]
    return {key: golden_search[0][variant + key] for key in names}


class Problem:
    """The golden problem in one precision, on the network with ReLU or the smooth one; weights as one vector.

    Compiled is only what returns a loss with both its gradients, and the forward derivative of that. All passes of
    all hypergradients call these two; compiled into each of them, the network would take minutes.
    """

    def __init__(self, golden_search, variant, layout, dtype, quick_jit):
        golden, first = golden_search
        layers = 1 + max(int(k.split("/")[1][4:]) for k in first if k.startswith("w/cell"))
        channels, classes = first["w/cell0/pre0/conv"].shape[-1], first["logits"].shape[-1]
        options = {"dtype": dtype, "layout": layout, **VARIANTS[variant]}
        self.supernet = Supernet(CellSpace(), channels, layers, classes, **options)
        self.alpha = {kind: jnp.asarray(first[f"alpha_{kind}"], dtype) for kind in CELL_TYPES}
        images = {split: jnp.asarray(golden[f"x_{split}"], dtype) for split in ("train", "val")}
        like = jax.eval_shape(lambda key: self.supernet.init(key, images["train"], self.alpha, True), jax.random.key(0))

        def read(arrays, prefix):
            chosen = {k.removeprefix(prefix): v.astype(dtype) for k, v in arrays.items() if k.startswith(prefix)}
            tree = per_edge.from_per_edge(chosen, per_edge.weight_entries(self.supernet), like["params"])
            return ravel_pytree(tree)

        self.weights, self.unravel = read(first, "w/")
        buffer, _ = read(golden, "buf/")
        constants = (float(golden[name]) for name in ("eta", "momentum", "weight_decay"))
        self.inner = Inner(*constants, buffer)
        # Batch norm uses each batch's own statistics in every pass: the running ones are never read.
        unread = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan, leaf.dtype), like["batch_stats"])

        def loss(weights, alpha, images, labels):
            variables = {"params": self.unravel(weights), "batch_stats": unread}
            return cross_entropy(self.supernet.apply(variables, images, softmax(alpha), True), labels)

        both = quick_jit(jax.value_and_grad(loss, (0, 1)))
        train, valid = (precompiled(both, images[s], golden[f"y_{s}"]) for s in ("train", "val"))
        images, labels = images["train"], golden["y_train"]
        by_shift = jax.value_and_grad(lambda *given: loss(*given[:2], images + given[2], labels), (1, 2))
        self.bilevel = Bilevel(train, valid, precompiled_shifted(quick_jit(by_shift)))

    def hypergradient(self, name, **arguments):
        return HYPERGRADIENTS[name](self.bilevel, self.weights, self.alpha, self.inner, **arguments)


def precompiled_shifted(of_alpha):
    """A shifted loss whose gradients by alpha and shift come from `of_alpha`, and without one by the weights."""

    @jax.custom_vjp
    def loss(weights, alpha, shift):
        return of_alpha(weights, alpha, shift)[0]

    loss.defvjp(of_alpha, lambda gradients, cotangent: (None, *jax.tree.map(lambda g: cotangent * g, gradients)))
    return loss


def precompiled(both, images, labels):
    """A loss whose gradients come from `both`. Its auxiliary output shows which weights it was taken at."""

    @jax.custom_vjp
    def loss(weights, alpha):
        return both(weights, alpha, images, labels)[0]

    loss.defvjp(
        lambda weights, alpha: both(weights, alpha, images, labels),
        lambda gradients, cotangent: jax.tree.map(lambda g: cotangent * g, gradients),
    )
    return lambda weights, alpha: (loss(weights, alpha), weights)


@pytest.fixture(scope="module")
def all_computed(golden_search, precision, quick_jit):
    """Results by variant, layout and dtype; compiled side by side, since each takes most of a minute."""

    def run(task):
        *_, dtype = task
        with precision(dtype):
            problem = Problem(golden_search, *task, quick_jit)
            return compute(problem) if dtype == "float64" else problem.hypergradient("finite_difference").gradient

    tasks = [*((*case, "float64") for case in CASES), ("", CHANNELS, "float32")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(tasks, pool.map(run, tasks), strict=True))


@pytest.fixture(scope="module")
def computed(all_computed, case):
    return all_computed[*case, "float64"]


def compute(problem):
    """Everything of one variant under the names of the file, and finite differences by radius."""
    first, second = (jax.device_get(problem.hypergradient(name)) for name in ("first_order", "exact"))
    train_loss, _ = problem.bilevel.train(problem.weights, problem.alpha)
    at_virtual = jax.grad(problem.bilevel.valid, (0, 1), has_aux=True)
    (along, direct), virtual = jax.device_get(at_virtual(second.auxiliary, problem.alpha))
    differences = {r: problem.hypergradient("finite_difference", radius=r).gradient for r in RADII}
    weights = per_edge.to_per_edge(problem.unravel(virtual), per_edge.weight_entries(problem.supernet))
    differences, eta = jax.device_get(differences), problem.inner.rate
    by_kind = {"first_order_grad": first.gradient, "exact_grad": second.gradient}
    by_kind |= {"fd_grad": differences[RADIUS], "direct_grad": direct}
    for name in ("exact", "fd"):
        total = by_kind[f"{name}_grad"]
        by_kind[f"hvp_{name}"] = {kind: (direct[kind] - total[kind]) / eta for kind in CELL_TYPES}
    results = {f"{name}_alpha_{kind}": tree[kind] for name, tree in by_kind.items() for kind in CELL_TYPES}
    results |= {"loss_train": train_loss, "loss_val": first.loss, "loss_val_unrolled": second.loss}
    results |= {"vector_norm": norm(along), "unrolled_weight_norm": norm(virtual)}
    results |= {f"unrolled/{key}": value for key, value in weights.items()}
    return results | {"by_radius": differences}


def norm(tree):
    return np.sqrt(sum(np.square(leaf).sum() for leaf in jax.tree.leaves(tree)))


def of_piece(arrays, piece):
    names = [key for key in arrays if key.startswith(piece)]
    return {key: arrays[key] for key in names if key not in ("fd_r", "fd_err_full", "fd_err_hvp")}


@pytest.mark.parametrize("piece", PIECES)
def test_hypergradients_and_their_pieces_equal_the_golden(expected, computed, check_golden, piece):
    chosen = of_piece(expected, piece)
    assert chosen
    check_golden(computed, chosen, "float64")


def test_wrong_divisor_does_not_pass_as_the_golden_finite_difference(expected, computed, check_golden):
    # Divided by r in place of 2r, the second term is twice as large.
    wrong = {key: 2 * value - computed[key.replace("fd_grad", "direct_grad")]
             for key, value in computed.items() if key.startswith("fd_grad")}  # fmt: skip
    for key, value in wrong.items():
        with pytest.raises(AssertionError, match="relative error"):
            check_golden({key: value}, {key: expected[key]}, "float64")


def distance(computed, radius, name):
    """Relative L2 distance of a finite difference from the exact gradient, or of its second term alone."""
    exact = {kind: computed[f"exact_grad_alpha_{kind}"] for kind in CELL_TYPES}
    gap = {kind: computed["by_radius"][radius][kind] - exact[kind] for kind in CELL_TYPES}
    if name == "fd_err_full":
        return norm(gap) / norm(exact)
    second = {kind: computed[f"direct_grad_alpha_{kind}"] - exact[kind] for kind in CELL_TYPES}
    return norm(gap) / norm(second)


@pytest.mark.parametrize("name", ["fd_err_full", "fd_err_hvp"])
@pytest.mark.parametrize("radius", [1e-1, 1e-2, 1e-3, 1e-4])
def test_error_of_the_finite_difference_by_radius_equals_the_golden(expected, computed, name, radius):
    known = dict(zip(expected["fd_r"], expected[name], strict=True))
    np.testing.assert_allclose(distance(computed, radius, name), known[radius], rtol=1e-3)


def test_golden_finite_difference_tends_to_exact_only_without_kinks(computed, variant):
    errors = [distance(computed, radius, "fd_err_full") for radius in (1e-1, 1e-2, 1e-3, 1e-4)]
    if variant == "smooth/":  # second order in r
        assert errors[0] < 0.2 and all(b < a / 50 for a, b in zip(errors, errors[1:], strict=False))
    else:
        assert min(errors) > 0.5
    assert distance(computed, 1e-6, "fd_err_full") < 1e-8  # no kink lies within so small a step


def test_float32_finite_difference_equals_the_golden(all_computed, golden_search, check_golden):
    gradient = all_computed["", CHANNELS, "float32"]
    computed = {f"fd_grad_alpha_{kind}": np.asarray(value) for kind, value in gradient.items()}
    assert {value.dtype for value in computed.values()} == {np.dtype("float32")}
    check_golden(computed, {key: golden_search[0][key] for key in computed}, "float32")
