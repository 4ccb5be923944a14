"""Equal cells of a network as one loop: traced and compiled once, with the weights of all as one array each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from dartsx.kernels.plan import CellPlan
from dartsx.nn.derived_cell import DerivedCell


def runs(plans: Sequence[CellPlan]) -> tuple[range, ...]:
    """Indices of neighbouring cells with equal plans, in order; together all cells."""
    groups = itertools.groupby(range(len(plans)), lambda i: plans[i])
    return tuple(range(members[0], members[-1] + 1) for members in (list(group) for _, group in groups))


def name_of(run: range) -> str:
    """Name of the module that holds the cells of a run."""
    return f"cell{run[0]}" if len(run) == 1 else f"cells{run[0]}to{run[-1]}"


class RepeatedCells(nn.Module):
    """`count` cells of one plan, whose inputs and outputs therefore have one shape; see the module's docstring.

    Parameters and statistics are those of `DerivedCell`, under ``cells``, with a leading axis over the cells.

    Attributes:
      cell: the cell, without a parent.
      count: number of cells.
      recompute: the backward pass computes a cell again instead of keeping its inner results.
    """

    cell: DerivedCell
    count: int
    recompute: bool

    @nn.compact
    def __call__(
        self, s0: jax.Array, s1: jax.Array, train: bool, masks: jax.Array | None = None, keep: jax.Array | None = None
    ) -> tuple[jax.Array, jax.Array, jax.Array | None]:
        """As `count` times `DerivedCell`, with masks [count, edges, N].

        Returns:
          The last two outputs, and all of them, [count, ...], where ``intermediates`` are asked for.
        """
        if self.is_initializing():  # all variables are made here: nothing need be traced
            fresh = self._fresh(self.make_rng("params"), s0, s1)
            self.param("cells", lambda _: fresh["params"])
            self.variable("batch_stats", "cells", lambda: fresh["batch_stats"])
            return s0, s1, None
        params, stats = self.get_variable("params", "cells"), self.get_variable("batch_stats", "cells")
        moving = train and self.is_mutable_collection("batch_stats")
        watched = self.is_mutable_collection("intermediates")

        def step(inputs, of_cell):
            own_params, own_stats, mask = of_cell
            variables = {"params": own_params, "batch_stats": own_stats}
            mutable = ["batch_stats"] if moving else []
            y, moved = self.cell.apply(variables, *inputs, train, mask, keep, mutable=mutable)
            return (inputs[1], y), (moved, y if watched else None)

        if self.recompute:
            step = jax.checkpoint(step, prevent_cse=False)
        last, (moved, outputs) = jax.lax.scan(step, (s0, s1), (params, stats, masks))
        if moving:
            self.put_variable("batch_stats", "cells", moved["batch_stats"])
        return *last, outputs

    def _fresh(self, key: jax.Array, s0: jax.Array, s1: jax.Array):
        cells = [self.cell.init(jax.random.fold_in(key, i), s0, s1, False) for i in range(self.count)]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *cells)
