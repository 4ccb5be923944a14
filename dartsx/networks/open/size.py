"""Numbers that depend on decisions: an open width is an int that knows its value under every option.

``Width("w", (8, 16))`` can stand wherever a number of channels can. It counts as the widest, 16, and carries the table
{8: 8, 16: 16}. Arithmetic and rounding apply to the whole table, so ``Width("w", (8, 16)) * 3`` is 24 or 48. Only a
fraction on the left loses the table, because Python asks the float first: write ``width * 0.25``, not ``0.25 * width``.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Axes = tuple[tuple[str, tuple[str, ...]], ...]  # (decision, its options), sorted by decision
Weight = Callable[[str, str], Any]  # (decision, option) -> its entry of the mixture


def _binary(function: Callable) -> tuple[Callable, Callable]:
    def forward(self, other):
        return each(function, self, other) if isinstance(other, int | float) else NotImplemented

    def backward(self, other):
        return each(function, other, self) if isinstance(other, int | float) else NotImplemented

    return forward, backward


class _Table:
    """What `Size` and `Real` share: a value for every combination of options, the last decision changing fastest.

    Two are equal if their tables are; none equals a plain number, so an open network never equals a closed one.
    Comparisons by ``<`` and ``>`` look at the largest value.
    """

    axes: Axes
    values: tuple

    def __new__(cls, axes: Axes, values: tuple):
        self = super().__new__(cls, max(values))
        self.axes, self.values = axes, values
        return self

    def __getnewargs__(self):
        return self.axes, self.values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Table) and (self.axes, self.values) == (other.axes, other.values)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.axes, self.values))

    def __repr__(self) -> str:
        return "|".join(map(str, dict.fromkeys(self.values)))

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    __add__, __radd__ = _binary(operator.add)
    __sub__, __rsub__ = _binary(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv)
    __mod__, __rmod__ = _binary(operator.mod)
    __pow__, __rpow__ = _binary(operator.pow)

    def __neg__(self):
        return each(operator.neg, self)

    def __round__(self, digits: int | None = None):
        return each(lambda value: round(value, digits), self)

    def __ceil__(self):
        return each(math.ceil, self)

    def __floor__(self):
        return each(math.floor, self)


class Size(_Table, int):
    """A whole number for every combination of options of the decisions that it depends on; as an int the largest."""


class Real(_Table, float):
    """A fraction for every combination of options: what becomes of a `Size` before it is rounded."""


class Width(Size):
    """A number of channels (or an expansion) that a decision chooses: computed at the widest and masked in a supernet.

    Attributes:
      name: the decision; the same name elsewhere is the same decision.
      options: whole numbers, at least one, all different; their texts are the labels.

    Raises:
      ValueError: anything else.
    """

    def __new__(cls, name: str, options: tuple[int, ...]):
        """See above."""
        options = tuple(options)
        if not options or not all(type(option) is int and option > 0 for option in options):
            raise ValueError(f"options of width {name} must be whole numbers above 0, got {options}")
        if len(set(options)) < len(options):
            raise ValueError(f"width {name} names an option twice: {options}")
        return super().__new__(cls, ((name, tuple(map(str, options))),), options)

    def __getnewargs__(self):
        return self.axes[0][0], self.values


def each(function: Callable, *numbers: Any) -> Any:
    """function(*numbers) for every combination of options; a plain result where all combinations agree.

    Example: ``each(max, Width("w", (8, 16)), 12)`` is 12 or 16.

    Raises:
      ValueError: two of them know the same decision with different options.
    """
    axes = joint_axes(numbers)
    values = tuple(function(*(at(number, choices) for number in numbers)) for choices in combinations(axes))
    if all(value == values[0] for value in values):
        return values[0]
    return (Size if all(type(value) is int for value in values) else Real)(axes, values)


def at(number: Any, choices: Mapping[str, str]) -> Any:
    """The value under these choices (decision -> option); plain numbers are returned as they are.

    Raises:
      ValueError: a decision is not chosen, or its option does not exist.
    """
    if not isinstance(number, _Table):
        return number
    place = 0
    for name, options in number.axes:
        place = place * len(options) + options.index(chosen(choices, name, options))
    return number.values[place]


def chosen(choices: Mapping[str, str], name: str, options: tuple[str, ...]) -> str:
    """The option that the choices name for a decision.

    Raises:
      ValueError: none, or one that the decision does not have.
    """
    if name not in choices:
        raise ValueError(f"no option chosen for decision {name}; allowed: {', '.join(options)}")
    if choices[name] not in options:
        raise ValueError(f"decision {name} has no option {choices[name]!r}; allowed: {', '.join(options)}")
    return choices[name]


def same(a: int, b: int) -> bool:
    """Whether two sizes are equal, where the layers of a block depend on it.

    Raises:
      ValueError: under some options they are and under others not: the block's layers would be a decision.
    """
    answers = {at(a, choices) == at(b, choices) for choices in combinations(joint_axes((a, b)))}
    if len(answers) > 1:
        names = ", ".join(name for name, _ in joint_axes((a, b)))
        raise ValueError(
            f"whether {a} and {b} channels are equal depends on {names}, and on it which layers there are; "
            "state it (`residual=False`, the same Width, no option that equals the input) or use a Choice of blocks"
        )
    return answers.pop()


def expected(number: Any, weight: Weight) -> Any:
    """Mean of a size where option k of decision d has weight m[d, k], linear in every decision's row."""
    if not isinstance(number, _Table):
        return number
    terms = zip(combinations(number.axes), number.values, strict=True)
    return sum(math.prod(weight(*choice) for choice in choices.items()) * value for choices, value in terms)


def axes_of(number: Any) -> Axes:
    """The decisions that a number depends on, with their options; none for plain numbers."""
    return number.axes if isinstance(number, _Table) else ()


def joint_axes(numbers: Any) -> Axes:
    """All decisions that the numbers depend on, sorted by name.

    Raises:
      ValueError: the same decision has different options in two of them.
    """
    joint: dict[str, tuple[str, ...]] = {}
    numbers = [number for number in numbers if type(number) is not int]  # of closed networks all are
    for name, options in (axis for number in numbers for axis in axes_of(number)):
        if joint.setdefault(name, options) != options:
            raise ValueError(f"decision {name} has options {', '.join(joint[name])} and elsewhere {', '.join(options)}")
    return tuple(sorted(joint.items()))


def combinations(axes: Axes) -> Iterator[dict[str, str]]:
    """All choices of the axes' decisions, the last one changing fastest."""
    names = [name for name, _ in axes]
    for options in itertools.product(*(options for _, options in axes)):
        yield dict(zip(names, options, strict=True))
