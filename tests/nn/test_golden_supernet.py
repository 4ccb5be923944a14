"""The supernet equals the original: outputs, losses, gradients, statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import Supernet, per_edge
from dartsx.spaces import CELL_TYPES, CellSpace

INPUTS = ("w/", "alpha_", "x", "y", "grad_norm_keys")


@pytest.fixture(scope="module")
def expected(load_golden):
    return load_golden("supernet.npz")


# dtype, and what the supernet is told of its formulation: the choice by device, then others.
CASES = [
    ("float64", {}),
    ("float32", {}),
    ("float64", {"remat": "none", "form": "rows"}),
    ("float64", {"remat": "none", "form": "dense"}),
    ("float64", {"remat": "branch", "form": "taps"}),
    ("float64", {"layout": "pixel_major"}),
    ("float64", {"layout": "pixel_major", "remat": "cell"}),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join([case[0], *case[1].values()]))
def case(request):
    return request.param


@pytest.fixture(scope="module")
def dtype(case):
    return case[0]


@pytest.fixture(scope="module")
def computed(expected, case, precision, quick_jit):
    with precision(case[0]):
        return compute(expected, *case, quick_jit)


def mixture(alpha):
    return jax.tree.map(jax.nn.softmax, alpha)


def fresh_variables(supernet, images, alpha):
    """Shapes of the parameters, and running statistics before the first batch."""

    def init(key):
        return supernet.init(key, images, mixture(alpha), True)

    like = jax.eval_shape(init, jax.random.key(0))
    stats = jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.full(leaf.shape, float(path[-1].key == "var"), leaf.dtype),
        like["batch_stats"],
    )
    return like["params"], stats


def compute(golden, dtype, formulation, quick_jit):
    """All results of the file under its names, by one compiled function."""
    layers = 1 + max(int(k.split("/")[1][4:]) for k in golden if k.startswith("w/cell"))
    channels = golden["w/cell0/pre0/conv"].shape[-1]
    supernet = Supernet(CellSpace(), channels, layers, golden["logits"].shape[-1], dtype=dtype, **formulation)
    x, labels = jnp.asarray(golden["x"], dtype), golden["y"]
    alpha = {kind: jnp.asarray(golden[f"alpha_{kind}"], dtype) for kind in CELL_TYPES}
    weights = {k[2:]: v.astype(dtype) for k, v in golden.items() if k.startswith("w/")}
    like, stats = fresh_variables(supernet, x, alpha)
    params = per_edge.from_per_edge(weights, per_edge.weight_entries(supernet), like)

    def loss(params, alpha):
        variables = {"params": params, "batch_stats": stats}
        logits, state = supernet.apply(variables, x, mixture(alpha), True, mutable=["batch_stats", "intermediates"])
        log_p = jax.nn.log_softmax(logits)
        return -log_p[jnp.arange(len(labels)), labels].mean(), (logits, state)

    step = quick_jit(jax.value_and_grad(loss, (0, 1), has_aux=True))
    (value, (logits, state)), (grad_params, grad_alpha) = jax.device_get(step(params, alpha))
    assert all(leaf.dtype == dtype for leaf in jax.tree.leaves((value, logits, grad_params)))
    grads = per_edge.to_per_edge(grad_params, per_edge.weight_entries(supernet))
    runs = per_edge.to_per_edge(state["batch_stats"], per_edge.statistics_entries(supernet))
    norms = [np.linalg.norm(grads[key]) for key in golden["grad_norm_keys"]]
    assert set(golden["grad_norm_keys"]) == set(grads)
    results = {"loss": value, "logits": logits}
    results |= {"grad_norms": np.array(norms), "grad_norm": np.linalg.norm(norms)}
    results |= {f"grad_alpha_{kind}": grad for kind, grad in grad_alpha.items()}
    results |= {f"grad/{key}": grad for key, grad in grads.items()}
    results |= {f"run/{key}": array for key, array in runs.items()}
    for name, (activation,) in state["intermediates"].items():
        place = f"trace/{name.removesuffix('_output')}"
        pixels = (0, 1, 2) if formulation.get("layout") == "pixel_major" else (1, 2, 3)
        results[f"{place}/absmean"] = np.abs(activation).mean(pixels)
        results[f"{place}/meansq"] = np.square(activation).mean(pixels)
    return results


@pytest.mark.parametrize("part", ["trace/", "logits", "loss", "grad_alpha_", "grad/", "grad_norm", "run/"])
def test_supernet_equals_the_golden(expected, computed, dtype, check_golden, part):
    chosen = {k: v for k, v in expected.items() if k.startswith(part) and k != "grad_norm_keys"}
    assert chosen
    check_golden(computed, chosen, dtype)


def test_every_golden_result_is_compared(expected, computed):
    results = [key for key in expected if not key.startswith(INPUTS)]
    assert len(results) > 30
    assert set(results) <= set(computed)


def test_each_gradient_norm_equals_the_golden(expected, computed, dtype):
    # Not relative to the largest: a wrong small gradient must not hide behind a large one.
    tolerance = {"float64": 1e-9, "float32": 1e-3}[dtype]
    np.testing.assert_allclose(computed["grad_norms"], expected["grad_norms"], rtol=tolerance)
