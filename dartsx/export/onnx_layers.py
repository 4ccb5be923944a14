"""Every layer as ONNX nodes (opset 18), on values [N, C, H, W] of a map and [N, C] of a vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from dartsx.export.errors import ExportError
from dartsx.export.windows import even_padding, exact_padding
from dartsx.networks import layers
from dartsx.networks.layers import GlobalMax
from dartsx.networks.step import Step

OPSET = 18
Arrays = Mapping[str, np.ndarray]
_END = np.iinfo(np.int64).max
_PIXELS = np.array([2, 3], np.int64)  # axes


class Graph(Protocol):
    """A graph under construction."""

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Appends a node of one output and returns the output's name."""
        ...

    def constant(self, name: str, array: Any) -> str:
        """Appends an array and returns its name."""
        ...


def _conv(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    layer = step.layer
    x, pads = _fitted(graph, step, layer.reach, x)
    inputs = [graph.constant("weight", arrays["kernel"].transpose(3, 2, 0, 1))]
    inputs += [graph.constant("bias", arrays["bias"])] if layer.bias else []
    window = {"kernel_shape": list(layer.kernel), "strides": list(layer.stride), "pads": pads}
    return graph.node("Conv", x, *inputs, **window, dilations=[layer.dilation] * 2, group=int(layer.groups))


def _pool(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    layer = step.layer
    window = {"kernel_shape": list(layer.kernel), "strides": list(layer.stride)}
    x, window["pads"] = _fitted(graph, step, layer.kernel, x)
    if layer.kind == "max":
        return graph.node("MaxPool", x, **window)
    return graph.node("AveragePool", x, **window, count_include_pad=int(layer.count_padding))


def _fitted(graph: Graph, step: Step, reach: tuple[int, int], x: str) -> tuple[str, list[int]]:
    """The value, cut where padding is negative, and the padding that is left: top, left, bottom, right."""
    even = even_padding(step)
    if even is not None:
        return x, [*even, *even]
    sides = exact_padding(step, reach)
    cut = [[-min(0, pad) for pad in side] for side in sides]
    if any(any(side) for side in cut):
        starts, ends = zip(*((before, -after if after else _END) for before, after in cut), strict=True)
        x = _sliced(graph, x, starts, ends, (2, 3))
    kept = [[max(0, pad) for pad in side] for side in sides]
    return x, [side[end] for end in (0, 1) for side in kept]


def _sliced(graph: Graph, x: str, starts, ends, axes, steps=None) -> str:
    given = {"starts": starts, "ends": ends, "axes": axes} | ({"steps": steps} if steps else {})
    return graph.node("Slice", x, *(graph.constant(name, np.array(value, np.int64)) for name, value in given.items()))


def _linear(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return graph.node("Gemm", x, graph.constant("weight", arrays["kernel"]), graph.constant("bias", arrays["bias"]))


def _norm(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    plain = {"scale": np.ones_like(arrays["mean"]), "bias": np.zeros_like(arrays["mean"])}
    inputs = (graph.constant(name, (plain | dict(arrays))[name]) for name in ("scale", "bias", "mean", "var"))
    return graph.node("BatchNormalization", x, *inputs, epsilon=step.layer.epsilon)


def _activation(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    kind = step.layer.kind
    if kind == "relu6":
        bounds = (graph.constant(name, np.float32(value)) for name, value in (("low", 0), ("high", 6)))
        return graph.node("Clip", x, *bounds)
    if kind == "swish":
        return graph.node("Mul", x, graph.node("Sigmoid", x))
    if kind == "hard_sigmoid":
        return graph.node("HardSigmoid", x, alpha=1 / 6, beta=0.5)
    return graph.node({"relu": "Relu", "hard_swish": "HardSwish", "sigmoid": "Sigmoid"}[kind], x)


def _adaptive_pool(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    """Averages by two products with matrices, of which column i marks the pixels of part i."""
    rows, columns = (_parts(n, step.layer.size) for n in step.input_shapes[0][:2])
    factors = graph.constant("rows", rows), graph.constant("columns", columns)
    return graph.node("Einsum", x, *factors, equation="nchw,hp,wq->ncpq")


def _parts(length: int, size: int) -> np.ndarray:
    starts = np.arange(size) * length // size
    ends = -(-(np.arange(size) + 1) * length // size)
    pixels = np.arange(length)[:, None]
    inside = (pixels >= starts) & (pixels < ends)
    return (inside / inside.sum(0)).astype(np.float32)


def _global_pool(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return graph.node("ReduceMean", x, graph.constant("axes", _PIXELS), keepdims=int(step.layer.keep))


def _global_max(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return graph.node("ReduceMax", x, graph.constant("axes", _PIXELS), keepdims=1)


def _local_norm(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    layer = step.layer
    if layer.size % 2 == 0:
        raise ExportError(f"{step.name}: ONNX's window over an even number of channels, here {layer.size}, is another")
    return graph.node(
        "LRN", x, size=layer.size, alpha=layer.alpha * layer.size, beta=layer.beta, bias=float(layer.bias)
    )


def _pad_channels(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    pads = np.zeros(8, np.int64)
    pads[5] = step.layer.features - step.input_shapes[0][-1]  # behind the channels
    return graph.node("Pad", x, graph.constant("pads", pads))


def _resize(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    kind = {
        "nearest": {"mode": "nearest", "nearest_mode": "round_prefer_ceil"},
        "bilinear": {"mode": "linear"},
        "cubic": {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1},
    }
    sizes = graph.constant("sizes", np.array(step.layer.size, np.int64))
    options = {"coordinate_transformation_mode": "half_pixel", "axes": [2, 3], **kind[step.layer.kind]}
    return graph.node("Resize", x, "", "", sizes, **options)


def _zero(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    stride = step.layer.stride
    y = x if stride == 1 else _sliced(graph, x, (0, 0), (_END, _END), (2, 3), (stride, stride))
    return graph.node("Mul", y, graph.constant("zero", np.float32(0)))


def _shuffle(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    groups, (height, width, channels) = step.layer.groups, (int(n) for n in step.shape)
    table = graph.constant("table", np.array([0, groups, channels // groups, height, width], np.int64))
    y = graph.node("Transpose", graph.node("Reshape", x, table), perm=[0, 2, 1, 3, 4])
    return graph.node("Reshape", y, graph.constant("shape", np.array([0, channels, height, width], np.int64)))


def _flatten(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return graph.node("Flatten", graph.node("Transpose", x, perm=[0, 2, 3, 1]), axis=1)


def _slice(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return _sliced(graph, x, (step.layer.start,), (step.layer.stop,), (1,))


def _same(graph: Graph, step: Step, arrays: Arrays, x: str) -> str:
    return x


LAYERS: dict[type, Callable[..., str]] = {
    layers.Conv: _conv,
    layers.Linear: _linear,
    layers.Norm: _norm,
    layers.Activation: _activation,
    layers.Pool: _pool,
    layers.AdaptivePool: _adaptive_pool,
    layers.GlobalPool: _global_pool,
    GlobalMax: _global_max,
    layers.Flatten: _flatten,
    layers.Dropout: _same,
    layers.DropPath: _same,
    layers.Identity: _same,
    layers.LocalNorm: _local_norm,
    layers.Add: lambda graph, step, arrays, *inputs: graph.node("Sum", *inputs),
    layers.Multiply: lambda graph, step, arrays, *inputs: graph.node("Mul", *inputs),
    layers.Concat: lambda graph, step, arrays, *inputs: graph.node("Concat", *inputs, axis=1),
    layers.Slice: _slice,
    layers.PadChannels: _pad_channels,
    layers.Resize: _resize,
    layers.Zero: _zero,
    layers.Shuffle: _shuffle,
    layers.PixelShuffle: lambda graph, step, arrays, x: graph.node(
        "DepthToSpace", x, blocksize=step.layer.factor, mode="CRD"
    ),
    layers.Scaled: lambda graph, step, arrays, x: graph.node(
        "Mul", x, graph.constant("factor", np.float32(step.layer.factor))
    ),
}
