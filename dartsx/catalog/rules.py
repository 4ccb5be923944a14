"""What a single value may be: small rules that stand beside options and config fields."""

import dataclasses
import difflib
from collections.abc import Callable, Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Rule:
    """A condition on one value.

    Attributes:
      holds: whether a value (of the right type) is allowed.
      problem: what to say about a value that is not.
    """

    holds: Callable[[Any], bool]
    problem: Callable[[Any], str]


_RULE = "rule"


def where(rule: Rule, default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field whose values must obey the rule; what reads or checks the dataclass asks for it."""
    return dataclasses.field(default=default, metadata={_RULE: rule})


def rule_of(field: dataclasses.Field) -> Rule | None:
    """The rule of a dataclass field, None if any value of its type is allowed."""
    return field.metadata.get(_RULE)


def _states(holds: Callable[[Any], bool], allowed: str) -> Rule:
    return Rule(holds, lambda value: f"must be {allowed}")


def at_least(low: int) -> Rule:
    """``low`` or more."""
    return _states(lambda value: value >= low, f"{low} or more")


def between(low: int, high: int) -> Rule:
    """From ``low`` to ``high``, both included."""
    return _states(lambda value: low <= value <= high, f"from {low} to {high}")


def below_one() -> Rule:
    """From 0, below 1: probabilities that must leave something, momenta."""
    return _states(lambda value: 0 <= value < 1, "from 0 to below 1")


def share() -> Rule:
    """Above 0 and below 1."""
    return _states(lambda value: 0 < value < 1, "above 0 and below 1")


def above_zero() -> Rule:
    """Above 0."""
    return _states(lambda value: value > 0, "above 0")


def below_zero() -> Rule:
    """Below 0."""
    return _states(lambda value: value < 0, "below 0")


def each(rule: Rule) -> Rule:
    """A tuple whose items all obey a rule."""
    return Rule(
        lambda values: all(map(rule.holds, values)),
        lambda values: f"every value {rule.problem(values)}",
    )


def not_empty() -> Rule:
    """A string with something in it."""
    return _states(lambda value: bool(value.strip()), "given")


def one_of(*choices: str | int) -> Rule:
    """One of the choices."""
    listed = ", ".join("'' (automatic)" if choice == "" else str(choice) for choice in choices)
    return Rule(
        lambda value: value in choices,
        lambda value: f"not allowed; {did_you_mean(value, choices)}choose one of {listed}",
    )


def sides() -> Rule:
    """Whole numbers above 0, separated by commas; or nothing."""
    return _states(lambda text: not text or all(side.isdigit() and int(side) for side in text.split(",")), "as 128,160")


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """Return ``did you mean X? `` with the names close to ``given``, or nothing."""
    if not isinstance(given, str):
        return ""
    close = difflib.get_close_matches(given[:60], known, n=2, cutoff=0.7)
    return f"did you mean {' or '.join(close)}? " if close else ""
