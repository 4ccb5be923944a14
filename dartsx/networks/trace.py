"""From a description to the list of its primitive layers, with all shapes.

A block writes its layers down by calling a `Trace`: ``y = trace.conv(x, 64, 3, stride=2)``. The result is a flat list
of `Step`s in order of computation, each of which names the steps that it reads. Costs sum over it, `dartsx.kernels`
executes it; nothing else knows how a block is made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from dartsx.networks import layers
from dartsx.networks.layers import Layer, Shape, Value
from dartsx.networks.open.decisions import Decision, Register
from dartsx.networks.open.layout import segments
from dartsx.networks.open.place import ROOT, Place
from dartsx.networks.open.rules import Argmax, Rule
from dartsx.networks.open.size import joint_axes, same
from dartsx.networks.step import Step
from dartsx.networks.windows import Padding, Pair


class Block(Protocol):
    """A part of a network: a frozen record of the numbers in a paper's table. Every layer is one, too."""

    def build(self, trace: Trace, x: Value) -> Value:
        """Writes the block's layers down and returns its result."""
        ...


def pair(size: int | Pair) -> Pair:
    """A number for height and width."""
    return (size, size) if isinstance(size, int) else size


class Trace:
    """A list of steps under construction. Layers with weights should be named, the others are numbered.

    Attributes:
      steps: the steps so far.
      results: results of the blocks that the network has computed so far, for blocks that read more than the last; None
        inside an option, which has one input.
      place: where in an open network the next step stands.
      rules: how the decisions met so far are derived.
    """

    def __init__(self):
        self.steps: list[Step] = []
        self.results: list[Value] | None = []
        self.place = ROOT
        self.rules: list[Rule] = []
        self._affine = self._drops = True
        self._decisions = Register()
        self._scopes: list[str] = []
        self._closed_scopes: list[str] = []
        self._names: dict[str, int] = {}
        self._options: tuple[tuple[object, str], ...] = ()  # of which choices the current scope is an option
        self._owners: dict[str, list[tuple[tuple[object, str], ...]]] = {}

    @property
    def decisions(self) -> dict[str, Decision]:
        """All decisions met so far, none before one that its condition names."""
        return self._decisions.ordered()

    @contextlib.contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Names of steps inside begin with this."""
        self._scopes.append(name)
        self._closed_scopes.append(name)
        yield
        self._scopes.pop()
        self._closed_scopes.pop()

    @contextlib.contextmanager
    def settings(self, *, affine: bool = True, drop_path: bool = True) -> Iterator[None]:
        """Blocks inside are written down without scale and bias of their batch norms, or without their drop path."""
        outer = self._affine, self._drops
        self._affine, self._drops = self._affine and affine, self._drops and drop_path
        yield
        self._affine, self._drops = outer

    @contextlib.contextmanager
    def option(self, choice: object, label: str) -> Iterator[None]:
        """Steps inside exist only if `choice` (any token) falls on this label, which closed names leave out."""
        before = self._options
        self._scopes.append(label)
        self._options = (*before, (choice, label))
        yield
        self._scopes.pop()
        self._options = before

    @contextlib.contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Steps inside stand at this place."""
        before, self.place = self.place, place
        yield
        self.place = before

    def where(self, decision: str, *options: str) -> Place:
        """The place inside the current one that exists if the decision has one of these options."""
        return Place(tuple((self.place, decision, option) for option in options))

    def decide(self, name: str, options: tuple[str, ...], rule: Rule | None = None) -> None:
        """Leaves a decision open here; it is derived by `rule`, by default the option of the largest weight.

        Raises:
          ValueError: elsewhere it has other options.
        """
        self._decisions.declare(name, options, self.place)
        rule = Argmax(name, options) if rule is None else rule
        if rule not in self.rules:
            self.rules.append(rule)

    def branch(self, decision: str, label: str, block: Block, x: Value, choice: object) -> tuple[Step, ...]:
        """Steps of an option on their own, of which the first stands for x and the last is the result."""
        outer, results = self.steps, self.results
        with self.at(self.where(decision, label)), self.option(choice, label):
            name = "/".join((*self._scopes, "input"))
            start = Step(name, layers.Input(x.shape), (), (), x.shape, name, self.place, outer[x.position].segments)
            self.steps, self.results = [start], None
            y = block.build(self, Value(0, x.shape))
            if y.position != len(self.steps) - 1:
                self.add(layers.Concat(), y)  # of one value: the value
            steps = tuple(self.steps)
        self.steps, self.results = outer, results
        return steps

    def add(self, layer: Layer, *inputs: Value, name: str | None = None, tied: Value | None = None) -> Value:
        """Appends any layer.

        Args:
          layer: what is computed.
          *inputs: what it reads.
          name: its name inside the present scope; by default the layer's, numbered.
          tied: result of an equal layer, whose arrays this one shares.

        Raises:
          ValueError: the layer cannot read these inputs, or needs other arrays than what it is tied to; says where it
            stands.
        """
        name, closed_name = self._unique(name or type(layer).__name__.lower())
        shapes = tuple(x.shape for x in inputs)
        try:
            shape = layer.output(*shapes)
            layout = segments(layer, tuple(self.steps[x.position].segments for x in inputs), shapes, shape)
            read = tuple(x.position for x in inputs)
            owner = "" if tied is None else self._owner(tied, layer, shapes)
            step = Step(name, layer, read, shapes, shape, closed_name, self.place, layout, owner)
            self._declare_sizes(step)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        self.steps.append(step)
        return Value(len(self.steps) - 1, shape)

    def block(self, block: Block, x: Value, name: str | None = None) -> Value:
        """Appends a block, inside a scope of this name if there is one."""
        with self.scope(name) if name else contextlib.nullcontext():
            return block.build(self, x)

    def _owner(self, tied: Value, layer: Layer, shapes: tuple[Shape, ...]) -> str:
        """Name of the step that holds the arrays of a tied layer."""
        first = self.steps[tied.position]
        needed, held = layer.weights(*shapes), first.layer.weights(*first.input_shapes)
        if needed != held:
            raise ValueError(f"needs arrays {needed}, but {first.name}, to which it is tied, has {held}")
        return first.tied or first.name

    def _declare_sizes(self, step: Step) -> None:
        """Decisions of the step's widths, and its closed name, which no other layer with weights may have."""
        weights = step.weights
        for name, options in joint_axes((*step.shape, *(n for weight in weights.values() for n in weight.shape))):
            self.decide(name, options)
        if not weights:
            return
        owners = self._owners.setdefault(step.closed_name, [])
        if not all(_exclude(self._options, other) for other in owners):
            raise ValueError(
                f"closed networks would have two layers {step.closed_name}: give the choice a scope of its own "
                "(trace.block(choice, x, name))"
            )
        owners.append(self._options)

    def _unique(self, name: str) -> tuple[str, str]:
        full = "/".join((*self._scopes, name))
        self._names[full] = count = self._names.get(full, 0) + 1
        number = "" if count == 1 else str(count)
        return full + number, "/".join((*self._closed_scopes, name)) + number

    # ------------------------------------------------------------------------- common layers
    def conv(
        self,
        x: Value,
        features: int,
        kernel: int | Pair,
        stride: int | Pair = 1,
        padding: Padding | None = None,
        groups: int = 1,
        bias: bool = False,
        dilation: int = 1,
        name: str = "conv",
        tied: Value | None = None,
    ) -> Value:
        """Convolution; without `padding` half the kernel on every side: ceil(size / stride) for odd kernels."""
        kernel = pair(kernel)
        if padding is None:
            padding = (dilation * (kernel[0] // 2), dilation * (kernel[1] // 2))
        layer = layers.Conv(features, kernel, pair(stride), padding, groups, bias, dilation)
        return self.add(layer, x, name=name, tied=tied)

    def norm(self, x: Value, epsilon: float = 1e-5, name: str = "norm") -> Value:
        """Batch norm."""
        return self.add(layers.Norm(epsilon, self._affine), x, name=name)

    def drop_path(self, x: Value) -> Value:
        """Where training asks for drop path, drops this branch."""
        return self.add(layers.DropPath(), x) if self._drops else x

    def act(self, x: Value, kind: str | None) -> Value:
        """Activation, or nothing for None."""
        return x if kind is None else self.add(layers.Activation(kind), x, name=kind)

    def pool(self, x: Value, kind: str, kernel: int, stride: int, padding: Padding = 0, **options) -> Value:
        """Maximum or average; `options` as in `layers.Pool`."""
        layer = layers.Pool(kind, pair(kernel), pair(stride), padding, **options)
        return self.add(layer, x, name=f"{kind}_pool")

    def subsample(self, x: Value, stride: int) -> Value:
        """Every stride-th pixel of every stride-th row."""
        return x if stride == 1 else self.pool(x, "avg", 1, stride)

    def pad_channels(self, x: Value, features: int) -> Value:
        """Zeros for further channels."""
        return x if same(x.channels, features) else self.add(layers.PadChannels(features), x)

    def global_pool(self, x: Value) -> Value:
        """Average over the map, as a map of one pixel."""
        return self.add(layers.GlobalPool(keep=True), x)

    def gate(self, x: Value, gate: Value) -> Value:
        """x with every channel times its gate."""
        return self.add(layers.Multiply(), x, gate)

    def sum(self, *inputs: Value) -> Value:
        """Sum."""
        return self.add(layers.Add(), *inputs)

    def concat(self, *inputs: Value) -> Value:
        """Concatenation of channels."""
        return self.add(layers.Concat(), *inputs) if len(inputs) > 1 else inputs[0]

    def split(self, x: Value, *sizes: int) -> tuple[Value, ...]:
        """Consecutive parts of the channels."""
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        return tuple(self.add(layers.Slice(end - size, end), x) for size, end in zip(sizes, ends, strict=True))


def _exclude(options: tuple[tuple[object, str], ...], others: tuple[tuple[object, str], ...]) -> bool:
    """Whether two scopes stand in different options of the same choice."""
    return any(a is b and label != other for a, label in options for b, other in others)
