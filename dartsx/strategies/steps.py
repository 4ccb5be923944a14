"""An architecture as a sequence of actions: what policies draw, one step after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from dartsx.spaces import NONE, Architecture, GenotypeError, Space
from dartsx.spaces.cell_graph import edge_name

INACTIVE = -1  # the action of a step that does not count


class Steps(Protocol):
    """The steps of a space. An action is the number of an option; -1 stands for a step that does not count."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of options of every step."""
        ...

    def allowed(self, actions: Sequence[int]) -> np.ndarray | None:
        """Which options the step behind these actions has, bool [options]; None if it does not count."""
        ...

    def architecture(self, actions: Sequence[int]) -> Architecture:
        """What the actions of all steps make."""
        ...

    def actions(self, architecture: Architecture) -> tuple[int, ...]:
        """The actions that make an architecture."""
        ...


def steps_of(space: Space) -> Steps:
    """The decisions themselves; in cells that keep some edges of every node, a source and a primitive for each."""
    return DecisionSteps(space) if space.graph is None or space.graph.kept is None else EdgeSteps(space)


def made(steps: Steps, actions: Sequence[int]) -> Architecture | None:
    """The architecture of all actions; None where a restriction of the space forbids what they choose together."""
    try:
        return steps.architecture(actions)
    except GenotypeError:
        return None


@dataclass(frozen=True)
class DecisionSteps:
    """A step for every decision of a space."""

    space: Space

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of options of every decision."""
        return tuple(len(decision.options) for decision in self.space.decisions.values())

    def allowed(self, actions: Sequence[int]) -> np.ndarray | None:
        """All options, or None where the decision's condition does not hold."""
        conditions = self._conditions[len(actions)]
        counts = not conditions or any(actions[step] == option for step, option in conditions)
        return self._all[len(actions)] if counts else None

    def architecture(self, actions: Sequence[int]) -> Architecture:
        """The architecture of the options."""
        pairs = zip(self._options, actions, strict=True)
        return self.space.architecture({name: options[a] for (name, options), a in pairs if a != INACTIVE})

    def actions(self, architecture: Architecture) -> tuple[int, ...]:
        """The numbers of the options that are chosen."""
        chosen = architecture.choices
        return tuple(o.index(chosen[name]) if name in chosen else INACTIVE for name, o in self._options)

    @cached_property
    def _options(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(name, decision.options) for name, decision in self.space.decisions.items()]

    @cached_property
    def _all(self) -> list[np.ndarray]:
        return [np.ones(size, bool) for size in self.sizes]

    @cached_property
    def _conditions(self) -> list[list[tuple[int, int]]]:
        decisions = self.space.decisions
        place = {name: step for step, name in enumerate(decisions)}
        return [
            [(place[name], decisions[name].options.index(option)) for name, option in decision.active_if]
            for decision in decisions.values()
        ]


@dataclass(frozen=True)
class EdgeSteps:
    """Two steps for every edge that a cell keeps: its source and its primitive, as in NASNet's controller.

    With all options as likely, all architectures are. The same set of edges can come in any order, which the
    architecture keeps.
    """

    space: Space

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of sources, number of primitives, and so on."""
        return tuple(size for _, node, _ in self._slots for size in (node, len(self._names)))

    def allowed(self, actions: Sequence[int]) -> np.ndarray | None:
        """Sources that the node does not read yet; primitives that the edge may have."""
        cell_type, node, first = self._slots[len(actions) // 2]
        if len(actions) % 2:
            return self._candidates[cell_type, actions[-1], node]
        free = np.ones(node, bool)
        free[list(actions[first::2])] = False
        return free

    def architecture(self, actions: Sequence[int]) -> Architecture:
        """The architecture of these edges, in their order."""
        choices = {}
        for (cell_type, node, _), source, name in zip(self._slots, actions[::2], actions[1::2], strict=True):
            choices[edge_name(cell_type, source, node)] = self._names[name]
        return self.space.architecture(choices)

    def actions(self, architecture: Architecture) -> tuple[int, ...]:
        """Sources and primitives, cell by cell, node by node, in the order of the edges."""
        edges = [e for cell in architecture.cells.values() for e in sorted(cell.edges, key=lambda edge: edge.node)]
        return tuple(action for edge in edges for action in (edge.source, self._names.index(edge.primitive)))

    @cached_property
    def _slots(self) -> list[tuple[str, int, int]]:
        """(cell type, node, number of the node's first step) of every edge that is kept."""
        graph, slots = self.space.graph, []
        for cell_type in self.space.options:
            for node in graph.nodes:
                slots += [(cell_type, node, 2 * len(slots))] * graph.kept
        return slots

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for name in self.space.graph.primitives if name != NONE)

    @cached_property
    def _candidates(self) -> dict[tuple[str, int, int], np.ndarray]:
        return {
            (cell_type, *edge): np.array([name in row for name in self._names])
            for cell_type, rows in self.space.options.items()
            for edge, row in zip(self.space.graph.edges, rows, strict=True)
        }
