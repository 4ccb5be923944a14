"""The network with its auxiliary head equals the original, in training, evaluation and drop path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import CellNetwork, per_edge, per_edge_network
from dartsx.spaces import published

AUXILIARY_WEIGHT = 0.4
INPUTS = ("w/", "x", "y", "run/", "drop_path/mask", "drop_path/prob", "grad_norm_keys")


@pytest.fixture(scope="module")
def expected(load_golden):
    return load_golden("eval_network.npz")


CASES = [("float64", "channel_major"), ("float32", "channel_major"), ("float64", "pixel_major")]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def dtype(case):
    return case[0]


@pytest.fixture(scope="module")
def computed(expected, case, precision, quick_jit):
    with precision(case[0]):
        return compute(expected, *case, quick_jit)


def cross_entropy(logits, labels):
    return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels].mean()


def golden_network(golden, dtype, layout):
    """The network, its parameters, fresh and given running statistics."""
    layers = 1 + max(int(k.split("/")[1][4:]) for k in golden if k.startswith("w/cell"))
    channels, classes = golden["w/cell0/pre0/conv"].shape[-1], golden["logits"].shape[-1]
    genotype = published("DARTS_V2")
    network = CellNetwork(genotype, channels, layers, classes, auxiliary=True, dtype=dtype, layout=layout)
    like = jax.eval_shape(lambda key: network.init(key, jnp.asarray(golden["x"], dtype), True), jax.random.key(0))

    def read(prefix, entries, like):
        arrays = {k.removeprefix(prefix): v for k, v in golden.items() if k.startswith(prefix)}
        assert {entry.name for entry in entries} == set(arrays)
        arrays = {key: value.astype(dtype) for key, value in arrays.items()}
        return per_edge.from_per_edge(arrays, entries, like)

    params = read("w/", list(per_edge_network.weight_entries(network)), like["params"])
    given = read("run/", list(per_edge_network.statistics_entries(network)), like["batch_stats"])
    fresh = jax.tree_util.tree_map_with_path(
        lambda path, leaf: np.full(leaf.shape, path[-1].key == "var", dtype), given
    )
    return network, params, fresh, given


def drop_path_masks(golden, network, batch):
    """Per cell [edges, batch]; identities have no mask in the file, and theirs is all zero here.

    A network that dropped identities as well would therefore differ.
    """
    masks = []
    for i, plan in enumerate(network.plans()):
        edges = range(len(network.genotype.cell(plan.cell_type).edges))
        names = [f"drop_path/mask/cell{i}/op{k}" for k in edges]
        masks.append(np.stack([golden.get(name, np.zeros(batch, np.int8)) for name in names]))
    return masks


def compute(golden, dtype, layout, quick_jit):
    """All results of the file under its names, by one compiled function."""
    network, params, fresh, given = golden_network(golden, dtype, layout)
    x, labels = jnp.asarray(golden["x"], dtype), golden["y"]
    masks = drop_path_masks(golden, network, len(labels))

    def loss(params):
        variables = {"params": params, "batch_stats": fresh}
        mutable = ["batch_stats", "intermediates"]
        logits, state = network.apply(variables, x, True, mutable=mutable)
        main, auxiliary = (cross_entropy(each, labels) for each in logits)
        return main + AUXILIARY_WEIGHT * auxiliary, (main, auxiliary, logits, state)

    @quick_jit
    def everything(params, probability):
        train = jax.value_and_grad(loss, has_aux=True)(params)
        evaluated = network.apply({"params": params, "batch_stats": given}, x, False)
        variables = {"params": params, "batch_stats": fresh}
        dropped = network.apply(variables, x, True, probability, masks)
        return train, evaluated, cross_entropy(evaluated.main, labels), dropped

    outcome = everything(params, golden["drop_path/prob"].astype(dtype))
    train, evaluated, eval_loss, dropped = jax.device_get(outcome)
    (total, (main, auxiliary, logits, state)), grad = train
    assert evaluated.auxiliary is None
    results = {"loss_total": total, "loss_main": main, "loss_aux": auxiliary}
    results |= {"logits": logits.main, "aux_logits": logits.auxiliary}
    results |= {"eval_logits": evaluated.main, "eval_loss": eval_loss}
    results |= {"drop_path/logits": dropped.main, "drop_path/aux_logits": dropped.auxiliary}
    assert {value.dtype for value in results.values()} == {np.dtype(dtype)}
    return results | named_results(network, golden["grad_norm_keys"], grad, state)


def named_results(network, norm_keys, grad, state):
    """Gradients, their norms, running statistics and traces."""
    grads = per_edge.to_per_edge(grad, per_edge_network.weight_entries(network))
    runs = per_edge.to_per_edge(state["batch_stats"], per_edge_network.statistics_entries(network))
    assert set(norm_keys) == set(grads)
    norms = [np.linalg.norm(grads[key]) for key in norm_keys]
    results = {"grad_norms": np.array(norms), "grad_norm": np.linalg.norm(norms)}
    results |= {f"grad/{key}": value for key, value in grads.items()}
    results |= {f"run_after_train/{key}": value for key, value in runs.items()}
    pixels = (0, 1, 2) if network.layout == "pixel_major" else (1, 2, 3)
    for name, (activation,) in state["intermediates"].items():
        place = f"trace/{name.removesuffix('_output')}"
        results[f"{place}/absmean"] = np.abs(activation).mean(pixels)
        results[f"{place}/meansq"] = np.square(activation).mean(pixels)
    return results


@pytest.mark.parametrize(
    "part",
    ["trace/", "logits", "aux_logits", "loss_", "grad/", "grad_norm", "run_after_train/"] + ["eval_", "drop_path/"],
)
def test_network_equals_the_golden(expected, computed, dtype, check_golden, part):
    chosen = {key: value for key, value in expected.items() if key.startswith(part) and not key.startswith(INPUTS)}
    assert chosen
    check_golden(computed, chosen, dtype)


def test_every_golden_result_of_the_network_is_compared(expected, computed):
    results = [key for key in expected if not key.startswith(INPUTS)]
    assert len(results) > 30
    assert set(results) <= set(computed)


def test_each_golden_gradient_norm_of_the_network(expected, computed, dtype):
    # Not relative to the largest: a wrong small gradient must not hide behind a large one.
    tolerance = {"float64": 1e-9, "float32": 1e-3}[dtype]
    np.testing.assert_allclose(computed["grad_norms"], expected["grad_norms"], rtol=tolerance)
