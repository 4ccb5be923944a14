"""Which tensors are alive while a network computes: the model behind ``memory``.

A network is computed layer by layer in the order of its rows, one image, forward only.
- A layer reads its inputs and writes one new tensor; while it computes, both are alive, and so is every tensor that a
  later layer reads. A tensor is given back after its last reader.
- Batch norm and activation functions are part of the layer before (or after) them: no tensor of their own.
- A sum (or product) goes into one of its terms if nobody reads that term any more, otherwise into a new tensor.
- A concatenation is the tensors that it is made of; a split or reshape is the tensor that it reads.
- A layer may be made of several steps (an operation of a cell): then its peak counts, as `Peak` says.
Weights and a convolution's workspace are not counted. This is eq. 3 of MobileNetV2 (arXiv:1801.04381), taken layer by
layer with the order of computation fixed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dartsx.cost.counts import Cost, LayerCost

Value = tuple[int, ...]
"""What a layer reads or gives: the tensors that hold it, several after a concatenation."""


class Peak(NamedTuple):
    """Most numbers alive inside a layer of several steps, among what it reads, its inner tensors and its output.

    Attributes:
      freed: where nobody reads its input afterwards, which is then given back after the last step inside that does.
      kept: where somebody does.
    """

    freed: int
    kept: int


class _Step(NamedTuple):
    row: int
    terms: tuple[Value, ...]
    writes: int
    in_place: bool
    peak: Peak | None


class Graph:
    """Collects layers in the order of computation, then says what they cost."""

    def __init__(self):
        self._sizes: list[int] = []
        self._steps: list[_Step] = []
        self._rows: list[LayerCost] = []

    def image(self, size: int) -> Value:
        """The network's input of `size` numbers."""
        return (self._new(size),)

    def layer(
        self,
        name: str,
        value: Value,
        shape: tuple[int, ...],
        counts: Sequence[int] = (0, 0, 0),
        in_place: bool = False,
        peak: Peak | None = None,
    ) -> Value:
        """Adds one row of the cost.

        Args:
          name: name of the row.
          value: what it reads.
          shape: shape of its output.
          counts: its params, macs and activations.
          in_place: it may overwrite an input that nobody reads afterwards.
          peak: where it is made of several steps.

        Returns:
          Its output.
        """
        self._rows.append(LayerCost(name, shape, *counts, memory=0))
        return self._step((value,), math.prod(shape), in_place, peak)

    def charge(self, params: int) -> None:
        """Adds parameters to the last row."""
        self._rows[-1] = self._rows[-1]._replace(params=self._rows[-1].params + params)

    def combine(self, first: Value, *others: Value) -> Value:
        """Elementwise sum or product of the size of the first, as part of the last row."""
        return self._step((first, *others), self.size(first), in_place=True)

    def cost(self) -> Cost:
        """Rows with the memory of their worst step."""
        memory = [0] * len(self._rows)
        for step, alive in zip(self._steps, self._alive(), strict=True):
            memory[step.row] = max(memory[step.row], alive)
        rows = zip(self._rows, memory, strict=True)
        return Cost(tuple(row._replace(memory=alive) for row, alive in rows))

    def _new(self, size: int) -> int:
        self._sizes.append(size)
        return len(self._sizes) - 1

    def size(self, tensors: Iterable[int]) -> int:
        """Numbers in all of these tensors."""
        return sum(self._sizes[tensor] for tensor in tensors)

    def _step(self, terms: tuple[Value, ...], size: int, in_place: bool, peak: Peak | None = None) -> Value:
        output = self._new(size)
        self._steps.append(_Step(len(self._rows) - 1, terms, output, in_place, peak))
        return (output,)

    def _alive(self) -> list[int]:
        """Numbers alive during each step."""
        touched = [{step.writes, *itertools.chain.from_iterable(step.terms)} for step in self._steps]
        last = {tensor: k for k, tensors in enumerate(touched) for tensor in tensors}
        now = self.size(set(range(len(self._sizes))) - {step.writes for step in self._steps})
        alive = []
        for k, step in enumerate(self._steps):
            now += self._sizes[step.writes]
            ends = {tensor for tensor in touched[k] if last[tensor] == k}
            alive.append(self._during(step, now, ends))
            now -= self.size(ends)
        return alive

    def _during(self, step: _Step, now: int, ends: set[int]) -> int:
        """Numbers alive during a step; `now` with its output, `ends` are the tensors that nobody reads afterwards."""
        if step.peak is not None:
            (read,) = step.terms
            others = now - self.size({*read, step.writes})
            return others + (step.peak.freed if ends.issuperset(read) else step.peak.kept)
        size = self._sizes[step.writes]
        # The output then takes the place of a term, or of a part of it, and is not there beside it.
        moves = step.in_place and any(ends.issuperset(term) and self.size(term) >= size for term in step.terms)
        return now - size if moves else now
