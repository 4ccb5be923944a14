"""Every layer as PyTorch: the module that it declares, and the expression that computes it from its inputs.

Values are [N, C, H, W] of a map and [N, C] of a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dartsx.export.errors import ExportError
from dartsx.export.windows import even_padding, exact_padding
from dartsx.networks import layers
from dartsx.networks.layers import GlobalMax
from dartsx.networks.step import Step

Arrays = Mapping[str, np.ndarray]


class Written(NamedTuple):
    """A layer in PyTorch.

    Attributes:
      code: the expression, in which ``{0}``, ``{1}``, ... stand for the inputs and ``{self}`` for the module.
      module: the expression that makes the module, or None.
      state: arrays of the module's state dict, by name.
    """

    code: str
    module: str | None = None
    state: Arrays = {}


def _conv(step: Step, arrays: Arrays) -> Written:
    layer, inputs = step.layer, int(step.input_shapes[0][-1])
    options = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups, "bias": layer.bias}
    even = even_padding(step)
    code = "{self}({0})"
    if even is None:
        code = f"{{self}}({_padded('{0}', exact_padding(step, layer.reach))})"
    else:
        options["padding"] = even
    defaults = {"stride": (1, 1), "dilation": 1, "groups": 1, "padding": (0, 0)}
    given = "".join(f", {name}={value}" for name, value in options.items() if defaults.get(name) != value)
    state = {"weight": arrays["kernel"].transpose(3, 2, 0, 1)}
    if layer.bias:
        state["bias"] = arrays["bias"]
    return Written(code, f"nn.Conv2d({inputs}, {int(layer.features)}, {tuple(layer.kernel)}{given})", state)


def _linear(step: Step, arrays: Arrays) -> Written:
    module = f"nn.Linear({int(step.input_shapes[0][0])}, {int(step.layer.features)})"
    return Written("{self}({0})", module, {"weight": arrays["kernel"].T, "bias": arrays["bias"]})


def _norm(step: Step, arrays: Arrays) -> Written:
    layer, kind = step.layer, "BatchNorm2d" if len(step.shape) == 3 else "BatchNorm1d"
    affine = "" if layer.affine else ", affine=False"
    state = {
        "running_mean": arrays["mean"],
        "running_var": arrays["var"],
        "num_batches_tracked": np.zeros((), np.int64),
    }
    if layer.affine:
        state |= {"weight": arrays["scale"], "bias": arrays["bias"]}
    return Written("{self}({0})", f"nn.{kind}({int(step.shape[-1])}, eps={layer.epsilon}{affine})", state)


def _pool(step: Step, arrays: Arrays) -> Written:
    layer, even = step.layer, even_padding(step)
    fits = even is not None and all(2 * pad <= size for pad, size in zip(even, layer.kernel, strict=True))
    window = f"{tuple(layer.kernel)}, {tuple(layer.stride)}"
    if fits:
        counted = "" if layer.kind == "max" else f", count_include_pad={layer.count_padding}"
        return Written(f"F.{layer.kind}_pool2d({{0}}, {window}, {even}{counted})")
    pads = exact_padding(step, layer.kernel)
    if layer.kind == "max":
        return Written(f"F.max_pool2d({_padded('{0}', pads, -np.inf)}, {window})")
    averaged = f"F.avg_pool2d({_padded('{0}', pads)}, {window})"
    if layer.count_padding:
        return Written(averaged)
    return Written(f"{averaged} / F.avg_pool2d({_padded('torch.ones_like({0}[:1, :1])', pads)}, {window})")


def _padded(value: str, pads: tuple[tuple[int, int], tuple[int, int]], fill: float = 0) -> str:
    (top, bottom), (left, right) = pads
    filled = f', value=float("{fill}")' if fill else ""
    return f"F.pad({value}, ({left}, {right}, {top}, {bottom}){filled})"


def _local_norm(step: Step, arrays: Arrays) -> Written:
    layer = step.layer
    figures = f"{layer.size}, alpha={layer.alpha * layer.size}, beta={layer.beta}, k={layer.bias}"
    return Written(f"F.local_response_norm({{0}}, {figures})")


def _resize(step: Step, arrays: Arrays) -> Written:
    if step.layer.kind == "cubic":
        raise ExportError(f"{step.name}: PyTorch's bicubic kernel has a = -3/4, that of the network -1/2")
    mode = '"nearest-exact"' if step.layer.kind == "nearest" else '"bilinear", align_corners=False'
    return Written(f"F.interpolate({{0}}, {tuple(step.layer.size)}, mode={mode})")


def _zero(step: Step, arrays: Arrays) -> Written:
    stride = step.layer.stride
    return Written(f"torch.zeros_like({{0}}[:, :, ::{stride}, ::{stride}])")


def _same(step: Step, arrays: Arrays) -> Written:
    return Written("{0}")


ACTIVATIONS = {
    "relu": "F.relu({0})",
    "relu6": "F.relu6({0})",
    "swish": "F.silu({0})",
    "hard_swish": "F.hardswish({0})",
    "sigmoid": "torch.sigmoid({0})",
    "hard_sigmoid": "F.hardsigmoid({0})",
}
LAYERS: dict[type, Callable[[Step, Arrays], Written]] = {
    layers.Conv: _conv,
    layers.Linear: _linear,
    layers.Norm: _norm,
    layers.Activation: lambda step, arrays: Written(ACTIVATIONS[step.layer.kind]),
    layers.Pool: _pool,
    layers.AdaptivePool: lambda step, arrays: Written(f"F.adaptive_avg_pool2d({{0}}, {step.layer.size})"),
    layers.GlobalPool: lambda step, arrays: Written(f"{{0}}.mean((2, 3), keepdim={step.layer.keep})"),
    GlobalMax: lambda step, arrays: Written("{0}.amax((2, 3), keepdim=True)"),
    layers.Flatten: lambda step, arrays: Written("{0}.permute(0, 2, 3, 1).flatten(1)"),
    layers.Dropout: lambda step, arrays: Written("{self}({0})", f"nn.Dropout({step.layer.rate})"),
    layers.DropPath: _same,
    layers.Identity: _same,
    layers.LocalNorm: _local_norm,
    layers.Add: lambda step, arrays: Written(" + ".join(_inputs(step))),
    layers.Multiply: lambda step, arrays: Written("{0} * {1}"),
    layers.Concat: lambda step, arrays: Written(f"torch.cat(({', '.join(_inputs(step))},), 1)"),
    layers.Slice: lambda step, arrays: Written(f"{{0}}[:, {step.layer.start}:{step.layer.stop}]"),
    layers.PadChannels: lambda step, arrays: Written(
        f"F.pad({{0}}, (0, 0, 0, 0, 0, {step.layer.features - step.input_shapes[0][-1]}))"
    ),
    layers.Resize: _resize,
    layers.Zero: _zero,
    layers.PixelShuffle: lambda step, arrays: Written(f"F.pixel_shuffle({{0}}, {step.layer.factor})"),
    layers.Scaled: lambda step, arrays: Written(f"{step.layer.factor} * {{0}}"),
    layers.Shuffle: lambda step, arrays: Written(f"F.channel_shuffle({{0}}, {step.layer.groups})"),
}


def _inputs(step: Step) -> Sequence[str]:
    return [f"{{{i}}}" for i in range(len(step.inputs))]
