"""All strategies that ask and are told: which there are, with what options, and how many numbers they weigh."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from dartsx.catalog.declaration import Option
from dartsx.catalog.rules import above_zero, at_least, below_one, between, one_of


@dataclasses.dataclass(frozen=True)
class StrategyDeclaration:
    """A strategy.

    Attributes:
      options: name -> option that its function takes besides what is measured.
      several: whether it weighs several numbers; otherwise the first counts.
    """

    options: Mapping[str, Option] = dataclasses.field(default_factory=dict)
    several: bool = False


def _repeats(what: str) -> dict[str, Option]:
    return {"repeats": Option(False, f"ask again for {what} that were asked for already")}


def _learning(rate: float, decay: float) -> dict[str, Option]:
    return {
        "rate": Option(rate, "learning rate of Adam", above_zero()),
        "decay": Option(decay, "decay of the moving baseline", below_one()),
    }


def _controller() -> dict[str, Option]:
    return {
        "entropy": Option(1e-5, "weight of the entropy of the policy", at_least(0)),
        "hidden": Option(100, "units of the LSTM", at_least(1)),
    }


STRATEGIES: dict[str, StrategyDeclaration] = {
    "random": StrategyDeclaration(),
    "local": StrategyDeclaration(_repeats("neighbours")),
    "evolution": StrategyDeclaration(
        {
            "population": Option(100, "architectures in the population", at_least(1)),
            "sample": Option(25, "draws for a parent", at_least(1)),
            **_repeats("children"),
        }
    ),
    "nsga2": StrategyDeclaration(
        {
            "population": Option(20, "parents", at_least(2)),
            "mutation": Option(0.5, "probability that a child is mutated", between(0, 1)),
        },
        several=True,
    ),
    "pareto_local": StrategyDeclaration(several=True),
    "reinforce": StrategyDeclaration(_learning(0.01, 0.9)),
    "reinforce_lstm": StrategyDeclaration(_learning(6e-4, 0.95) | _controller()),
    "ppo": StrategyDeclaration(
        _learning(3.5e-4, 0.95)
        | _controller()
        | {
            "batch": Option(20, "scores for an update", at_least(1)),
            "epochs": Option(10, "steps of Adam in an update", at_least(1)),
            "clip": Option(0.2, "distance of the ratio from 1 at which it is clipped", above_zero()),
        }
    ),
    "enas": StrategyDeclaration(
        _learning(3.5e-4, 0.99)
        | {**_controller(), "entropy": Option(1e-4, "weight of the entropy of the policy", at_least(0))}
        | {
            "temperature": Option(5.0, "divides the logits", above_zero()),
            "limit": Option(2.5, "bound of the logits", above_zero()),
            **_repeats("architectures"),
        }
    ),
    "predictor": StrategyDeclaration(
        {
            "acquisition": Option(
                "its", "its: a draw of the predictions; ucb: mean and half a deviation", one_of("its", "ucb")
            ),
            "random": Option(10, "random architectures before the first training", at_least(2)),
            "refit": Option(10, "new scores after which the ensemble is trained anew", at_least(1)),
            "candidates": Option(100, "mutants compared for each question", at_least(1)),
            "members": Option(5, "networks of the ensemble", at_least(1)),
            "hidden": Option(20, "units of their hidden layers", at_least(1)),
            "steps": Option(200, "steps of Adam", at_least(1)),
            "rate": Option(0.01, "learning rate of Adam", above_zero()),
        }
    ),
}
"""In the order of tables. The defaults are those of the papers; NASNet's (arXiv:1707.07012) for ``ppo``."""
