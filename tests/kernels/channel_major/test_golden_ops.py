"""Every primitive equals the original at both strides, in every form of separable convolutions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.channel_major.cell_norms import Norms
from dartsx.kernels.channel_major.primitives import PRIMITIVES, Block
from dartsx.kernels.channel_major.primitives.separable import Separable
from dartsx.kernels.channel_major.separable_forms import FORMS
from dartsx.kernels.choice import Forms
from dartsx.networks.blocks.candidate_blocks import CANDIDATE_BLOCKS as BLOCKS
from dartsx.nn import per_edge

NORMALISED_POOLS = ("max_pool_3x3_bn", "avg_pool_3x3_bn")
ELSEWHERE = ("conv_3x1_1x3", "nor_conv_1x1", "nor_conv_3x3", "noise")  # not in the golden files
NAMES = [name for name in PRIMITIVES if name not in (*ELSEWHERE, *BLOCKS)] + list(NORMALISED_POOLS)


def cases():
    for name in NAMES:
        separable = isinstance(PRIMITIVES.get(name), Separable)
        for form in FORMS if separable else [None]:
            yield pytest.param(name, form, id=f"{name}-{form}" if form else name)


@pytest.fixture(scope="module")
def ops(load_golden):
    return load_golden("ops.npz")


def evaluate(name, x, weights, stride, form):
    """One primitive on one edge: x [N, H, W, C], per-edge weights -> [N, H', W', C]."""
    primitive = PRIMITIVES[name.removesuffix("_bn")]
    norms = Norms(None)
    source = x.transpose(3, 0, 1, 2)[None]
    block = Block(source, 1, {name: weights}, stride, norms, Forms(form=form))
    branches = primitive.evaluate({name: primitive}, block)
    if not branches:
        return jnp.zeros_like(x[:, ::stride, ::stride])
    (branch,) = branches
    y = branch.value
    if branch.norm == "always" or name in NORMALISED_POOLS:
        y = norms([(name, primitive.norms(stride)[-1])], y)
    return y[0, 0, 0].transpose(1, 2, 3, 0)


def stacked(primitive, channels, stride, weights, dtype):
    """Per-edge weights of the file as [G, T, ...] with G = T = 1."""
    spec = primitive.weights(channels, stride)
    assert set(spec) == set(weights)
    for key, weight in spec.items():
        assert weights[key].shape == per_edge.kernel_shape(key, weight.shape)
    return {key: jnp.asarray(weights[key], dtype).reshape(1, 1, *weight.shape) for key, weight in spec.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("name", "form"), list(cases()))
def test_primitive_equals_the_golden(ops, precision, quick_jit, check_golden, name, form, stride, dtype):
    place = f"{name}/s{stride}/"
    golden = {k.removeprefix(place): v for k, v in ops.items() if k.startswith(place)}
    raw = {k.removeprefix("w/"): v for k, v in golden.items() if k.startswith("w/")}
    primitive = PRIMITIVES[name.removesuffix("_bn")]

    def weighted(x, weights, cotangent):
        out = evaluate(name, x, weights, stride, form)
        return jnp.sum(out * cotangent), out

    with precision(dtype):
        x, cotangent = (jnp.asarray(v, dtype) for v in (ops["input"], golden["cot"]))
        weights = stacked(primitive, x.shape[-1], stride, raw, dtype)
        step = quick_jit(jax.grad(weighted, (0, 1), has_aux=True))
        (grad_in, grad_w), out = jax.device_get(step(x, weights, cotangent))
    assert out.dtype == grad_in.dtype == dtype
    computed = {"out": out, "grad_in": grad_in}
    computed |= {f"grad_w/{key}": grad.reshape(raw[key].shape) for key, grad in grad_w.items()}
    results = {k: v for k, v in golden.items() if k != "cot" and not k.startswith("w/")}
    assert len(results) == 2 + len(raw)
    check_golden(computed, results, dtype)


def test_every_golden_primitive_is_compared(ops):
    assert {key.split("/")[0] for key in ops} - {"input"} == set(NAMES)
    assert sum(np.any(ops[f"{name}/s1/out"]) for name in NAMES) == len(NAMES) - 1
