"""DARTS in PyTorch, the yardstick: a supernet and its first-order search step, one module per edge and primitive.

Written from the paper (arXiv:1806.09055, sections 2 and 3.1) in the form that PyTorch code of this family has, so that
its time is that of the usual implementation: every edge computes its own candidates, and both losses are
differentiated by `backward`. The tests hold it against the reference numbers in float64, in both memory layouts.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

NODES = 4  # computed by every cell, after its two inputs
EDGES = sum(2 + node for node in range(NODES))
LAYOUTS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}


def batch_norm(channels: int, affine: bool = False) -> nn.BatchNorm2d:
    """Without scale and bias inside cells: the mixture's weights must not be rescaled away."""
    return nn.BatchNorm2d(channels, affine=affine)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1):
    """No bias; padded so that stride 1 keeps the size."""
    padding = dilation * (kernel // 2)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)


def named(*layers: tuple[str, nn.Module]) -> nn.Sequential:
    """Layers in order, under their names."""
    return nn.Sequential(OrderedDict(layers))


def separable(channels: int, kernel: int, stride: int, dilation: int, suffixes: tuple[str, ...]) -> nn.Sequential:
    """Units of ReLU, depthwise, pointwise, batch norm; only the first strides."""
    layers = []
    for i, suffix in enumerate(suffixes):
        depthwise = convolution(channels, channels, kernel, stride if i == 0 else 1, dilation, channels)
        layers += [
            (f"relu{suffix}", nn.ReLU()),
            (f"dw{suffix}", depthwise),
            (f"pw{suffix}", convolution(channels, channels, 1)),
            (f"bn{suffix}", batch_norm(channels)),
        ]
    return named(*layers)


class Zero(nn.Module):
    """none: zeros of the output's size."""

    def __init__(self, stride: int):
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> zeros [N, C, ceil(H / stride), ceil(W / stride)]."""
        return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])


class FactorizedReduction(nn.Module):
    """ReLU, two 1x1 convolutions of stride 2 that read even and odd pixels, concatenation, batch norm."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv_a = convolution(inputs, outputs // 2, 1, 2)
        self.conv_b = convolution(inputs, outputs // 2, 1, 2)
        self.bn = batch_norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H / 2, W / 2]."""
        x = functional.relu(x)
        return self.bn(torch.cat([self.conv_a(x), self.conv_b(x[:, :, 1:, 1:])], 1))


PRIMITIVES: dict[str, Callable[[int, int], nn.Module]] = {  # (channels, stride) -> module, in the order of alpha
    "none": lambda c, s: Zero(s),
    "max_pool_3x3": lambda c, s: named(("pool", nn.MaxPool2d(3, s, 1)), ("bn", batch_norm(c))),
    "avg_pool_3x3": lambda c, s: named(("pool", nn.AvgPool2d(3, s, 1, count_include_pad=False)), ("bn", batch_norm(c))),
    "skip_connect": lambda c, s: nn.Identity() if s == 1 else FactorizedReduction(c, c),
    "sep_conv_3x3": lambda c, s: separable(c, 3, s, 1, ("1", "2")),
    "sep_conv_5x5": lambda c, s: separable(c, 5, s, 1, ("1", "2")),
    "dil_conv_3x3": lambda c, s: separable(c, 3, s, 2, ("",)),
    "dil_conv_5x5": lambda c, s: separable(c, 5, s, 2, ("",)),
}


class Edge(nn.ModuleDict):
    """All primitives on one edge."""

    def __init__(self, channels: int, stride: int):
        super().__init__({name: make(channels, stride) for name, make in PRIMITIVES.items()})

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """The sum of all outputs by weights [primitives]."""
        return sum(weight * primitive(x) for weight, primitive in zip(weights, self.values(), strict=True))


def preprocess(inputs: int, outputs: int, reduce: bool) -> nn.Module:
    """Brings an input of a cell to its width and size."""
    if reduce:
        return FactorizedReduction(inputs, outputs)
    return named(("relu", nn.ReLU()), ("conv", convolution(inputs, outputs, 1)), ("bn", batch_norm(outputs)))


class Cell(nn.Module):
    """Every node is the sum of the edges from all nodes before it; the output is all nodes, concatenated."""

    def __init__(self, before: tuple[int, int], channels: int, reduction: bool, reduction_before: bool):
        super().__init__()
        self.reduction = reduction
        self.pre0 = preprocess(before[0], channels, reduction_before)
        self.pre1 = preprocess(before[1], channels, False)
        sources = [source for node in range(NODES) for source in range(2 + node)]
        strides = [2 if reduction and source < 2 else 1 for source in sources]
        self.edges = nn.ModuleList(Edge(channels, stride) for stride in strides)

    def forward(self, s0: Tensor, s1: Tensor, mixture: Tensor) -> Tensor:
        """Outputs of the two cells before, and weights [edges, primitives]."""
        states = [self.pre0(s0), self.pre1(s1)]
        first = 0
        for _ in range(NODES):
            rows = range(first, first + len(states))
            states.append(sum(self.edges[row](state, mixture[row]) for row, state in zip(rows, states, strict=True)))
            first = rows.stop
        return torch.cat(states[2:], 1)


class Supernet(nn.Module):
    """Stem, cells (those at one and two thirds of the depth reduce), average, classifier."""

    def __init__(self, channels: int, layers: int, classes: int = 10, stem_multiplier: int = 3):
        super().__init__()
        width = stem_multiplier * channels
        self.stem = named(("conv", convolution(3, width, 3)), ("bn", batch_norm(width, affine=True)))
        self.cells = nn.ModuleList()
        before, reduction_before = (width, width), False
        for layer in range(layers):
            reduction = layer in (layers // 3, 2 * layers // 3)
            channels = 2 * channels if reduction else channels
            self.cells.append(Cell(before, channels, reduction, reduction_before))
            before, reduction_before = (before[1], NODES * channels), reduction
        self.classifier = nn.Linear(before[1], classes)

    def forward(self, images: Tensor, alpha_normal: Tensor, alpha_reduce: Tensor) -> Tensor:
        """Images [N, 3, H, W] and logits of the candidates [edges, primitives] -> class scores [N, classes]."""
        normal, reduce = alpha_normal.softmax(-1), alpha_reduce.softmax(-1)
        s0 = s1 = self.stem(images)
        for cell in self.cells:
            s0, s1 = s1, cell(s0, s1, reduce if cell.reduction else normal)
        return self.classifier(s1.mean((2, 3)))


@dataclasses.dataclass(frozen=True)
class Batch:
    """Images [N, 3, H, W] and labels [N]."""

    images: Tensor
    labels: Tensor


class Search:
    """A supernet, its alphas and both optimisers: first-order DARTS with the paper's settings.

    Args:
      model: the model on its device, in its memory layout.
      lean: each loss is differentiated for what its step moves only; not usual, but less work.
      autocast: dtype of activations, or None for that of the weights.
      learning_rate: learning rate of the weights.
    """

    def __init__(
        self, model: nn.Module, lean: bool = False, autocast: torch.dtype | None = None, learning_rate: float = 0.025
    ):
        self.model, self.lean, self.autocast = model, lean, autocast
        self.weights = list(model.parameters())
        like = self.weights[0]
        shape = (EDGES, len(PRIMITIVES))
        self.alphas = [(1e-3 * torch.randn(shape).to(like)).requires_grad_() for _ in range(2)]
        self.weight_optimizer = torch.optim.SGD(self.weights, learning_rate, momentum=0.9, weight_decay=3e-4)
        self.alpha_optimizer = torch.optim.Adam(self.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3)

    def step(self, train: Batch, valid: Batch) -> Tensor:
        """Alphas by the validation batch, then weights by the training batch; returns the training loss."""
        self.alpha_optimizer.zero_grad()
        self._differentiate(valid, self.alphas)
        self.alpha_optimizer.step()
        self.weight_optimizer.zero_grad()
        loss = self._differentiate(train, self.weights)
        nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.weight_optimizer.step()
        return loss

    def _differentiate(self, batch: Batch, moved: list[Tensor]) -> Tensor:
        kind = batch.images.device.type
        with torch.autocast(kind, self.autocast) if self.autocast else contextlib.nullcontext():
            loss = functional.cross_entropy(self.model(batch.images, *self.alphas), batch.labels)
        loss.backward(inputs=moved if self.lean else None)
        return loss.detach()
