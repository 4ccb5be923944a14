"""max_pool_3x3 and avg_pool_3x3: no weights, one result for all targets of a source."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Literal

import jax.numpy as jnp

from dartsx.kernels.channel_major.pools import avg_pool, max_pool
from dartsx.kernels.channel_major.primitives.base import Block, Branches
from dartsx.networks.layers import Weight


@dataclasses.dataclass(frozen=True)
class Pool:
    """3x3 pooling; a supernet normalises its result if `normalised` (as DARTS's does), a network never does."""

    per_source: ClassVar[bool] = True
    kind: Literal["max", "avg"]
    normalised: bool = True

    def weights(self, channels: int, stride: int) -> dict[str, Weight]:
        """No weights."""
        return {}

    def norms(self, stride: int) -> tuple[str, ...]:
        """The supernet's norm."""
        return ("bn",) if self.normalised else ()

    @staticmethod
    def evaluate(members: Mapping[str, Pool], block: Block) -> list[Branches]:
        """One shared result per source."""
        functions = {"max": max_pool, "avg": avg_pool}
        groups: dict[str, dict[str, Pool]] = {}
        for name, member in members.items():
            groups.setdefault("search" if member.normalised else "never", {})[name] = member
        branches = []
        for norm, group in groups.items():
            values = [functions[p.kind](block.x, block.stride) for p in group.values()]
            branches.append(Branches(tuple(group), jnp.stack(values)[:, :, None], norm))
        return branches
