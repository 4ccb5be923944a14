"""Weights of PyTorch checkpoints: state dicts of torchvision's layout as variables of a `DescribedNetwork`.

Every layer of a description stands for one module of the checkpoint, by these names:

  ResNet, ResNeXt        stem/block0/conv, norm            conv1, bn1
                         stage1/block0/conv1, norm1        layer1.0.conv1, layer1.0.bn1
                         stage1/block0/shortcut/conv, norm layer1.0.downsample.0, .1
                         head/block0/classifier            fc
  MobileNetV2            stem/block0/conv, norm            features.0.0, features.0.1
                         the i-th block, i = 1, 2, ...     features.i.conv
                           expand, expand_norm               .0.0, .0.1
                           depthwise, depthwise_norm         .1.0, .1.1 (.0.0, .0.1 where nothing expands)
                           project, project_norm             .2, .3 (.1, .2)
                         head/block0/conv, norm            features.18.0, features.18.1
                         head/block1/classifier            classifier.1

and every array for one array: a convolution's ``kernel`` [kh, kw, C / groups, features] for ``weight`` [features,
C / groups, kh, kw], a linear layer's ``kernel`` [inputs, features] for ``weight`` [features, inputs], a batch norm's
``scale`` for ``weight``, and its ``mean`` and ``var`` for ``running_mean`` and ``running_var``. PyTorch's count of
batches has no counterpart. PyTorch itself is not needed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dartsx.networks import Network, Step
from dartsx.networks.layers import Conv, Linear, Norm

COUNTER = "num_batches_tracked"
STATISTICS = {"mean": "running_mean", "var": "running_var"}


def resnet_modules(network: Network) -> dict[str, str]:
    """Module of the checkpoint for every layer with weights of a ResNet or ResNeXt."""
    rules = (
        (r"stem/block0/conv", "conv1"),
        (r"stem/block0/norm", "bn1"),
        (r"stage(\d+)/block(\d+)/conv(\d)", r"layer\1.\2.conv\3"),
        (r"stage(\d+)/block(\d+)/norm(\d)", r"layer\1.\2.bn\3"),
        (r"stage(\d+)/block(\d+)/shortcut/conv", r"layer\1.\2.downsample.0"),
        (r"stage(\d+)/block(\d+)/shortcut/norm", r"layer\1.\2.downsample.1"),
        (r"head/block0/classifier", "fc"),
    )
    return {step.name: _rewritten(step.name, rules) for step in _weighted(network)}


def mobilenet_v2_modules(network: Network) -> dict[str, str]:
    """Module of the checkpoint for every layer with weights of a MobileNetV2."""
    modules = {}
    blocks = itertools.groupby(_weighted(network), lambda step: step.name.rsplit("/", 1)[0])
    for i, (block, steps) in enumerate(blocks):
        names = [step.name.rsplit("/", 1)[1] for step in steps]
        if names == ["classifier"]:
            places = ["classifier.1"]
        elif "project" not in names:
            places = [f"features.{i}.0", f"features.{i}.1"]
        else:
            units = [f"{unit}.{part}" for unit in range(len(names) // 2 - 1) for part in (0, 1)]
            last = len(names) // 2 - 1
            places = [f"features.{i}.conv.{place}" for place in (*units, last, last + 1)]
        modules |= {f"{block}/{name}": place for name, place in zip(names, places, strict=True)}
    return modules


LAYOUTS: dict[str, Callable[[Network], dict[str, str]]] = {
    "resnet": resnet_modules,
    "resnext": resnet_modules,
    "mobilenet_v2": mobilenet_v2_modules,
}


def from_pytorch(network: Network, state: Mapping[str, Any]) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    """Variables (``params`` and ``batch_stats``) of a `DescribedNetwork` with the weights of a checkpoint.

    Args:
      network: description, with as many classes as the checkpoint.
      state: ``model.state_dict()``: tensors on the CPU, or arrays, by name.

    Raises:
      ValueError: no layout is known for the network, the checkpoint lacks an array or has one more, or a shape differs.

    Example:
      ``from_pytorch(network("resnet50"), torch.load("resnet50.pth"))``
    """
    layout = next((layout for prefix, layout in LAYOUTS.items() if network.name.startswith(prefix)), None)
    if layout is None:
        raise ValueError(f"no PyTorch layout is known for {network.name}; there is one for {', '.join(LAYOUTS)}")
    modules, left = layout(network), {name for name in state if not name.endswith(COUNTER)}
    variables: dict[str, dict] = {"params": {}, "batch_stats": {}}
    for step in _weighted(network):
        places = _places(step)
        for (collection, name), (suffix, shape) in places.items():
            key = f"{modules[step.name]}.{suffix}"
            if key not in left:
                raise ValueError(f"the checkpoint has no {key}, which {network.name} needs for {step.name}")
            left.remove(key)
            array = _converted(step, name, np.asarray(state[key]))
            if array.shape != shape:
                raise ValueError(f"{key} has shape {np.shape(state[key])}, which does not fit {step.name} {shape}")
            variables[collection].setdefault(step.name, {})[name] = array
    if left:
        raise ValueError(f"the checkpoint has {min(left)}, which {network.name} has not")
    return variables


def _weighted(network: Network) -> list[Step]:
    return [step for step in network.trace() if step.weights]


def _rewritten(name: str, rules) -> str:
    for pattern, replacement in rules:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, replacement, name)
    raise ValueError(f"no PyTorch name is known for layer {name}")


def _places(step: Step) -> dict[tuple[str, str], tuple[str, tuple[int, ...]]]:
    """(collection, array) -> (suffix in the checkpoint, shape here)."""
    places = {}
    for name, (shape, _) in step.weights.items():
        places["params", name] = ("bias" if name == "bias" else "weight", shape)
    if isinstance(step.layer, Norm):
        shape = step.weights["scale"].shape
        places |= {("batch_stats", name): (suffix, shape) for name, suffix in STATISTICS.items()}
    return places


def _converted(step: Step, name: str, array: np.ndarray) -> np.ndarray:
    if name == "kernel" and isinstance(step.layer, Conv) and array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if name == "kernel" and isinstance(step.layer, Linear):
        return array.T
    return array
