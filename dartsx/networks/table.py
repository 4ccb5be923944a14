"""The one table from a network's name to what makes it. A new network is one more line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dartsx.networks import resnet
from dartsx.networks.errors import check_choice
from dartsx.networks.network import Network

NETWORKS: dict[str, Callable[..., Network]] = {
    "resnet18": partial(resnet.resnet, 18),
    "resnet34": partial(resnet.resnet, 34),
    "resnet50": partial(resnet.resnet, 50),
    "resnet101": partial(resnet.resnet, 101),
    "resnet152": partial(resnet.resnet, 152),
    "resnext50_32x4d": partial(resnet.resnext, 50, 32, 4),
    "resnext101_32x8d": partial(resnet.resnext, 101, 32, 8),
    "se_resnet50": partial(resnet.se_resnet, 50),
    "resnet18_cifar": partial(resnet.resnet, 18, stem="cifar"),
    "resnet20": partial(resnet.resnet_cifar, 20),
}


def names() -> tuple[str, ...]:
    """Names of all networks."""
    return tuple(NETWORKS)


def network(name: str, classes: int | None = None) -> Network:
    """The network of this name; case, ``-``, ``_`` and ``.`` need not match.

    Args:
      name: one of `names`.
      classes: number of logits; by default the paper's, 1000 or (CIFAR) 10.

    Raises:
      ValueError: no such name (lists all), or a number of classes below 1.
    """
    exact = {_loose(known): known for known in NETWORKS}.get(_loose(name), name)
    check_choice("network", exact, NETWORKS)
    return NETWORKS[exact]() if classes is None else NETWORKS[exact](classes=classes)


def _loose(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
