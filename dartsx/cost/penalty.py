"""A penalty on the expected cost, for `dartsx.search.Method`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp

from dartsx.catalog import COST_FORMS


def cost_penalty(
    cost: Callable[[Mapping[str, Any]], Any],
    relaxation: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    weight: float,
    target: float,
    form: str = "linear",
) -> Callable[[Mapping[str, Any], Any], Any]:
    """What a search adds to its validation loss so that it prefers cheap networks.

    With r = expected cost / target:

      linear   weight * r              every saving counts (ProxylessNAS, arXiv:1812.00332)
      above    weight * max(0, r - 1)  a constraint: nothing below the target, then as linear
      log      weight * log(r)         relative savings count alike: the logarithm of the factor (cost / target)**weight
                                       in the reward of MnasNet (arXiv:1807.11626, eq. 2)

    Args:
      cost: such as ``expected_cost(supernet, 32, "macs")``.
      relaxation: alphas -> mixture, such as ``dartsx.search.relax.softmax``: the one whose networks are to be cheap.
      weight: weight of the penalty, in units of the loss (nats), 0 or more.
      target: target of the cost, in its units, above 0.
      form: one of the above.

    Returns:
      (alphas, progress) -> scalar, for ``dataclasses.replace(method, penalty=...)``.

    Example:
      ``cost_penalty(expected_cost(supernet, 32), relax.softmax, weight=0.5, target=20e6, form="above")``.

    Raises:
      ValueError: a weight, target or form that is not allowed.
    """
    if form not in COST_FORMS:
        raise ValueError(f"unknown form of penalty {form!r}; allowed: {', '.join(COST_FORMS)}")
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"weight of the penalty is {weight}; allowed: 0 or more")
    if not (math.isfinite(target) and target > 0):
        raise ValueError(f"target of the penalty is {target}; allowed: above 0, in units of the cost")

    def penalty(alpha: Mapping[str, Any], progress: Any) -> Any:
        ratio = cost(relaxation(alpha)) / target
        shaped = {"linear": lambda: ratio, "above": lambda: jnp.maximum(ratio - 1, 0), "log": lambda: jnp.log(ratio)}
        return weight * shaped[form]()

    return penalty
