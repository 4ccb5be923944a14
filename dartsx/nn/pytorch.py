"""Weights of PyTorch checkpoints: state dicts of known layouts as variables of a `DescribedNetwork`.

Every layer of a description stands for one module of the checkpoint, by torchvision's names:

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

by those of the original DARTS repository (`dartsx.nn.pytorch_darts`), or, for every network, by dartsx's own, which
exports to PyTorch have: the layer's name with ``_`` in place of other marks. Every array stands for one array: a
convolution's ``kernel`` [kh, kw, C / groups, features] for ``weight`` [features, C / groups, kh, kw], a linear layer's
``kernel`` [inputs, features] for ``weight`` [features, inputs], a batch norm's ``scale`` for ``weight``, and its
``mean`` and ``var`` for ``running_mean`` and ``running_var``. PyTorch's count of batches has no counterpart. PyTorch
itself is not needed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dartsx.networks import Network, Step
from dartsx.networks.layers import Conv, Linear, Shape
from dartsx.nn.places import collection_of, shapes_of
from dartsx.nn.pytorch_darts import AUXILIARY, darts_modules

COUNTER = "num_batches_tracked"
SUFFIXES = {"kernel": "weight", "scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}
PARALLEL = "module."  # what DataParallel puts before all names


def resnet_modules(network: Network, steps: Sequence[Step]) -> dict[str, str]:
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
    return {step.name: _rewritten(step.name, rules) for step in steps}


def mobilenet_v2_modules(network: Network, steps: Sequence[Step]) -> dict[str, str]:
    """Module of the checkpoint for every layer with weights of a MobileNetV2."""
    modules = {}
    blocks = itertools.groupby(steps, lambda step: step.name.rsplit("/", 1)[0])
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


def own_module(step: Step) -> str:
    """Name of the module that holds a step's arrays in dartsx's own layout."""
    return re.sub(r"\W", "_", step.tied or step.name)


Modules = Callable[[Network, Sequence[Step]], dict[str, str]]
LAYOUTS: dict[str, Modules] = {
    "resnet": resnet_modules,
    "resnext": resnet_modules,
    "mobilenet_v2": mobilenet_v2_modules,
    "cifar": darts_modules,
    "imagenet": darts_modules,
}


def from_pytorch(
    network: Network, state: Mapping[str, Any], image_shape: int | Shape | None = None
) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    """Variables (``params`` and ``batch_stats``) of a `DescribedNetwork` with the weights of a checkpoint.

    Names may all begin with ``module.``, as those of ``DataParallel`` do. An auxiliary head of the checkpoint is left
    out where the network has none.

    Args:
      network: description, with as many classes as the checkpoint.
      state: ``model.state_dict()``: tensors on the CPU, or arrays, by name.
      image_shape: shape of the images where it is not the description's.

    Raises:
      ValueError: no layout is known for the network, the checkpoint lacks an array or has one more, or a shape differs.

    Example:
      ``from_pytorch(network("resnet50"), torch.load("resnet50.pth"))``
    """
    if state and all(name.startswith(PARALLEL) for name in state):
        state = {name.removeprefix(PARALLEL): array for name, array in state.items()}
    steps = [step for step in network.trace(image_shape, auxiliary=True) if shapes_of(step)]
    modules, left = _layout(network, steps, state)(network, steps), _to_be_read(network, state)
    variables: dict[str, dict] = {"params": {}, "batch_stats": {}}
    for step in steps:
        for name, shape in shapes_of(step).items():
            key = f"{modules[step.name]}.{SUFFIXES[name]}"
            if key not in left:
                raise ValueError(f"the checkpoint has no {key}, which {network.name} needs for {step.name}")
            left.remove(key)
            array = _converted(step, name, np.asarray(state[key]))
            if array.shape != shape:
                raise ValueError(f"{key} has shape {np.shape(state[key])}, which does not fit {step.name} {shape}")
            variables[collection_of(name)].setdefault(step.name, {})[name] = array
    if left:
        raise ValueError(f"the checkpoint has {min(left)}, which {network.name} has not")
    return variables


def _layout(network: Network, steps: Sequence[Step], state: Mapping[str, Any]) -> Modules:
    if any(name.rpartition(".")[0] == own_module(steps[0]) for name in state):
        return lambda network, steps: {step.name: own_module(step) for step in steps}
    found = next((layout for prefix, layout in LAYOUTS.items() if network.name.startswith(prefix)), None)
    if found is None:
        raise ValueError(
            f"no PyTorch layout is known for {network.name}; there is one for {', '.join(LAYOUTS)}, and for every "
            f"network dartsx's own, which has a module {own_module(steps[0])}"
        )
    return found


def _to_be_read(network: Network, state: Mapping[str, Any]) -> set[str]:
    unread = () if network.auxiliary else (AUXILIARY,)
    return {name for name in state if not name.endswith(COUNTER) and not name.startswith(unread)}


def _rewritten(name: str, rules) -> str:
    for pattern, replacement in rules:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, replacement, name)
    raise ValueError(f"no PyTorch name is known for layer {name}")


def _converted(step: Step, name: str, array: np.ndarray) -> np.ndarray:
    if name == "kernel" and isinstance(step.layer, Conv) and array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    if name == "kernel" and isinstance(step.layer, Linear):
        return array.T
    return array
