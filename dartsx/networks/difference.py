"""Whether networks have the same layers, and whether an open network contains those to which it closes."""

from __future__ import annotations

from collections.abc import Mapping

from dartsx.networks.description import Network
from dartsx.networks.open.close import close
from dartsx.networks.open.place import exists
from dartsx.networks.open.size import at
from dartsx.networks.step import primitive


def difference(network: Network, choices: Mapping[str, str]) -> str:
    """How the layers that exist under these choices differ from those of the closed network; empty if they do not.

    Blocks that compute with open numbers in a way that loses their tables (``0.5 * width``) are found so.
    """
    opened = {}
    for step in primitive(network.trace()):
        if step.weights and exists(step.place, choices):
            opened[step.closed_name] = {n: tuple(at(i, choices) for i in w.shape) for n, w in step.weights.items()}
    closed = {
        step.name: {name: weight.shape for name, weight in step.weights.items()}
        for step in close(network, choices).trace()
        if step.weights
    }
    for name in (*opened, *closed):
        if opened.get(name) != closed.get(name):
            return f"layer {name} has weights {opened.get(name)} in the open network, closed {closed.get(name)}"
    return ""


def same_layers(a: Network, b: Network, image_size: int = 224) -> bool:
    """Whether two networks have the same layers with weights, of the same shapes in the same order, however named."""
    both = [
        [(step.layer, step.input_shapes, step.shape) for step in network.trace(image_size) if step.weights]
        for network in (a, b)
    ]
    return both[0] == both[1]
