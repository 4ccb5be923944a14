"""How a network's quality and its cost become one number: forms of losses, which are to fall, and of rewards.

Costs and targets are numbers in one unit, such as milliseconds or multiply-adds. All functions compute with floats,
NumPy and JAX arrays alike and are differentiable in their first two arguments where these are JAX arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dartsx.catalog import COST_FORMS, by_name

Loss = Callable[[Any, Any, float, float, float], Any]
"""(loss, cost, target, weight, power) -> loss; the additive forms ignore the power."""


# ------------------------------------------------------------------------------------- losses
def linear(loss: Any, cost: Any, target: float, weight: float, power: float) -> Any:
    """loss + weight * cost / target: every saving counts (ProxylessNAS, arXiv:1812.00332, section 3.3)."""
    return loss + weight * (cost / target)


def above(loss: Any, cost: Any, target: float, weight: float, power: float) -> Any:
    """loss + weight * max(0, cost / target - 1): a hinge; nothing below the target, then as `linear`."""
    return loss + weight * _of(cost).maximum(cost / target - 1, 0)


def log(loss: Any, cost: Any, target: float, weight: float, power: float) -> Any:
    """loss + weight * log(cost / target): relative savings count alike.

    This is the logarithm of the factor (cost / target)**weight in the reward of MnasNet (arXiv:1807.11626, equation 2).
    """
    return loss + weight * _of(cost).log(cost / target)


def log_ratio(loss: Any, cost: Any, target: float, weight: float, power: float) -> Any:
    """loss * weight * (log(cost) / log(target))**power, as ProxylessNAS's released search has it.

    Its paper prints `linear` (github.com/mit-han-lab/proxylessnas, search/nas_manager.py, ``mul#log``; weight 1 and
    power 0.6 there). Cost and target above 1.
    """
    return loss * (weight * (_of(cost).log(cost) / math.log(target)) ** power)


def log_power(loss: Any, cost: Any, target: float, weight: float, power: float) -> Any:
    """loss * weight * log(cost)**power (FBNet, arXiv:1812.03443, equation 2; weight 0.2 and power 0.6 there).

    Cost above 1. The target plays no part in it: weight and power alone decide how much cheaper networks count.
    """
    return loss * (weight * _of(cost).log(cost) ** power)


LOSS_FORMS: Mapping[str, Loss] = by_name(COST_FORMS, linear, above, log, log_ratio, log_power)
LOGARITHMIC = ("log_ratio", "log_power")  # forms that need costs above 1


# ------------------------------------------------------------------------------------ rewards
def mnasnet_soft(quality: Any, cost: Any, target: float, exponent: float = -0.07) -> Any:
    """quality * (cost / target)**exponent on both sides of the target (MnasNet, arXiv:1807.11626, equation 2).

    With -0.07 twice the cost is worth 5 percent of the quality.
    """
    return quality * (cost / target) ** exponent


def mnasnet_hard(quality: Any, cost: Any, target: float, exponent: float = -1.0) -> Any:
    """quality up to the target, times (cost / target)**exponent above it (MnasNet, alpha 0, beta -1)."""
    return quality * _of(cost).maximum(cost / target, 1) ** exponent


def tunas_absolute(quality: Any, cost: Any, target: float, exponent: float = -0.07) -> Any:
    """quality + exponent * |cost / target - 1| (TuNAS, arXiv:2008.06120, section 4): a network *at* the target.

    `exponent` is what the paper calls beta, a factor below 0, in units of the quality.
    """
    return quality + exponent * abs(cost / target - 1)


Reward = Callable[..., Any]
"""(quality, cost, target, exponent) -> reward, larger is better; quality above 0."""
REWARDS: Mapping[str, Reward] = {f.__name__: f for f in (mnasnet_soft, mnasnet_hard, tunas_absolute)}


# ------------------------------------------------------------------------------ bounded searches
def bounded_loss(
    cost: Callable[[Mapping[str, Any]], Any],
    relaxation: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    target: float,
    weight: float = 1.0,
    form: str = "linear",
    power: float = 0.6,
) -> Callable[[Any, Mapping[str, Any]], Any]:
    """What a search makes of its validation loss so that it prefers cheap networks.

    Args:
      cost: mixture -> expected cost, such as ``expected_cost(supernet, 32, "macs")``.
      relaxation: alphas -> mixture, such as ``dartsx.search.relax.softmax``: the one whose networks are to be cheap.
      target: target of the cost, in its units, above 0; above 1 for forms with logarithms of their own.
      weight: weight of the cost, 0 or more; in units of the loss (nats) where the form adds.
      form: one of `LOSS_FORMS`.
      power: exponent of the logarithm, in the forms that have one.

    Returns:
      (loss, alphas) -> loss, for ``dataclasses.replace(method, bound=...)``.

    Example:
      ``bounded_loss(expected_cost(supernet, 32), relax.softmax, target=20e6, weight=0.5, form="above")``.

    Raises:
      ValueError: a weight, target or form that is not allowed.
    """
    if form not in LOSS_FORMS:
        raise ValueError(f"unknown form of penalty {form!r}; allowed: {', '.join(LOSS_FORMS)}")
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"weight of the penalty is {weight}; allowed: 0 or more")
    least = 1 if form in LOGARITHMIC else 0
    if not (math.isfinite(target) and target > least):
        reason = ", of which the form takes the logarithm" if least else ""
        raise ValueError(f"target of the penalty is {target}; allowed: above {least}, in units of the cost{reason}")
    shaped = LOSS_FORMS[form]
    return lambda loss, alpha: shaped(loss, cost(relaxation(alpha)), target, weight, power)


def _of(number: Any) -> Any:
    """The namespace of an array's functions; NumPy's for plain numbers."""
    return np if isinstance(number, int | float) else number.__array_namespace__()
