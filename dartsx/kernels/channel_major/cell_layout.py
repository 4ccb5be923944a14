"""Which edges of a search cell carry which weights and norms, and where they stand in the stacked arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import jax

from dartsx.kernels.channel_major.edge_blocks import EdgeBlock, edge_blocks
from dartsx.kernels.channel_major.primitives import Primitive, norm_widths
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import CellPlan
from dartsx.kernels.running_statistics import Key, Running


class CellLayout:
    """Which edges of a cell carry which weights and norms, and where in the stacked arrays they stand.

    Two layouts are equal if their edges compute the same, whatever cells the inputs come from: so functions that are
    jitted with a layout are traced once for all cells of equal shapes.
    """

    def __init__(
        self,
        edges: tuple[tuple[int, int], ...],
        primitives: Mapping[str, Primitive],
        plan: CellPlan,
    ):
        self.blocks = edge_blocks(edges)
        self.primitives = primitives
        self.plan = plan
        self._key = (edges, tuple(primitives.items()), plan.reduction, plan.channels, plan.partial)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def stride(self, block: EdgeBlock) -> int:
        """2 for the edges from a reduction cell's inputs, else 1."""
        return self.plan.stride(block.sources[0])

    def weight_slices(self, name: str) -> dict[EdgeBlock, slice]:
        """Where each block's edges stand in the weight arrays of a primitive."""
        return self._slices(
            lambda block: bool(self.primitives[name].weights(self.plan.edge_channels, self.stride(block))),
            lambda block: len(block.rows),
        )

    def norm_slices(self, name: str) -> dict[EdgeBlock, slice]:
        """Where each block's edges (or sources) stand in the statistics of a primitive."""
        per_source = self.primitives[name].per_source
        return self._slices(
            lambda block: bool(self.primitives[name].norms(self.stride(block))),
            lambda block: len(block.sources) if per_source else len(block.rows),
        )

    def _slices(self, has, size) -> dict[EdgeBlock, slice]:
        slices, first = {}, 0
        for block in self.blocks:
            if has(block):
                slices[block] = slice(first, first + size(block))
                first += size(block)
        return slices

    def weights(self, name: str) -> tuple[dict, int]:
        """Weight specifications of one edge, and the number of edges that have them."""
        slices = self.weight_slices(name)
        if not slices:
            return {}, 0
        first = next(iter(slices))
        spec = self.primitives[name].weights(self.plan.edge_channels, self.stride(first))
        return spec, max(s.stop for s in slices.values())

    def norm_shapes(self) -> dict[Key, tuple[int, int]]:
        """Shape [n, C] of the statistics of every norm on the edges."""
        shapes = {}
        for name, primitive in self.primitives.items():
            for block, where in self.norm_slices(name).items():
                for key, width in norm_widths(primitive, self.plan.edge_channels, self.stride(block)).items():
                    shapes[name, key] = (where.stop, width)
        return shapes


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class CellEdges:
    """All that the edges of a cell need besides the cell's inputs; a pytree whose leaves are the arrays.

    Attributes:
      layout: see `CellLayout`.
      weights: primitive -> weight name -> array stacked over edges, in the dtype of the activations.
      mixture: [edges, primitives]; with partial channels one column more, see `partial`.
      stats: running statistics to normalise by, or None for those of the batch.
      forms: the forms in which convolutions are computed.
      activation: ReLU, unless a smooth stand-in is asked for.
      idle: None, or that candidates of weight 0 may be left out: the statistics that their norms then keep.
    """

    layout: CellLayout = dataclasses.field(metadata={"static": True})
    weights: dict[str, dict[str, jax.Array]]
    mixture: jax.Array
    stats: Running | None
    forms: Forms = dataclasses.field(metadata={"static": True})
    activation: Callable[[jax.Array], jax.Array] = dataclasses.field(metadata={"static": True})
    idle: Running | None = None
