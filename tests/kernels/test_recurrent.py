"""One step of a recurrent cell equals the original's, derivatives and running statistics included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from dartsx.kernels.recurrent import Masks, Weights, by_batch, by_running, mixed_step, step_of
from dartsx.kernels.running_statistics import fresh
from dartsx.networks.recurrent import LSTM, Recurrence
from dartsx.spaces import RecurrentSpace

SPACE = RecurrentSpace()
NAMES = {"x": "grad_x", "h0": "grad_h0", "w0": "grad_w0", "ws": "grad_ws", "alpha": "grad_alpha"}


@pytest.fixture(scope="module")
def arrays(golden):
    with np.load(golden / "rnn.npz") as file:
        return dict(file)


def given(arrays, block, *names):
    values = {name: arrays.get(f"{block}/{name}", arrays.get(name)) for name in names}
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def expected(arrays, block, inputs):
    return {name: arrays[f"{block}/{name}"] for name in ("out", *(NAMES[name] for name in inputs))}


def derivatives(jit, outputs, cotangent, inputs):
    """Outputs, and derivatives of their products with the cotangent by the names of the golden numbers."""

    def total(inputs):
        out, rest = outputs(inputs)
        return (out * cotangent).sum(), (out, rest)

    grads, (out, rest) = jit(jax.grad(total, has_aux=True))(inputs)
    return {"out": out, **{NAMES[name]: grad for name, grad in grads.items()}}, rest


@pytest.mark.parametrize("block", ["search", "search_eval", "search_masked"])
def test_the_mixed_cell_equals_the_golden_numbers(arrays, block, check_golden, quick_jit):
    with jax.enable_x64(True):
        inputs = given(arrays, "search", "w0", "ws", "alpha") | given(arrays, block, "x", "h0")
        masks = Masks(*given(arrays, block, "x_mask", "h_mask").values()) if block == "search_masked" else Masks()
        stats = jax.tree.map(lambda leaf: leaf.astype(np.float64), fresh((8,)))
        if block == "search_eval":
            mean, var = given(arrays, block, "run_mean", "run_var").values()
            stats = {"mean": jnp.asarray(mean), "var": jnp.asarray(var)}

        def outputs(inputs):
            weights, mixture = Weights(inputs["w0"], inputs["ws"]), jax.nn.softmax(inputs["alpha"])
            normalize = by_running if block == "search_eval" else by_batch
            step = mixed_step(weights, mixture, SPACE.primitives, SPACE.concat, normalize, masks)
            (_, after), out = lax.scan(step, (inputs["h0"], stats), inputs["x"])
            return out, after

        computed, after = derivatives(quick_jit, outputs, np.asarray(arrays["cot"], np.float64), inputs)
        check_golden(computed, expected(arrays, block, inputs), "float64")
        if block == "search":
            running = {name: arrays[f"search/run_{name}_after"] for name in ("mean", "var")}
            check_golden(after, running, "float64")


def test_the_derived_cell_equals_the_golden_numbers(arrays, check_golden, quick_jit):
    with jax.enable_x64(True):
        inputs = given(arrays, "discrete", "w0", "ws", "x", "h0")
        nodes = zip(arrays["discrete/ops"], arrays["discrete/preds"], strict=True)
        edges = [(str(name), int(source), node) for node, (name, source) in enumerate(nodes, start=1)]

        def outputs(inputs):
            cell = Recurrence(tuple(edges), tuple(arrays["discrete/concat"]))
            step = step_of(cell, {"first": inputs["w0"], "nodes": inputs["ws"]}, Masks())
            return lax.scan(step, (inputs["h0"],), inputs["x"])[1], None

        computed, _ = derivatives(quick_jit, outputs, np.asarray(arrays["cot"], np.float64), inputs)
        check_golden(computed, expected(arrays, "discrete", inputs), "float64")


def test_an_lstm_keeps_what_its_gates_let_through():
    # Forget and input gates closed and open by their biases: the memory stays, then becomes tanh of the candidate.
    width, big = 2, 50.0
    x = (jnp.ones((1, width)), 2 * jnp.ones((1, width)))
    for let_in, keep, memory in ((-big, big, 2.0), (big, -big, np.tanh(3.0))):
        bias = jnp.repeat(jnp.array([let_in, keep, big, 3.0]), width)
        step = step_of(LSTM(), {"kernel": jnp.zeros((2 * width, 4 * width)), "bias": bias}, Masks())
        (output, after), _ = step(x, jnp.ones((1, width)))
        np.testing.assert_allclose(after, memory, rtol=1e-6)
        np.testing.assert_allclose(output, np.tanh(memory), rtol=1e-6)
