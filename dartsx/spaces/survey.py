"""What a space holds: decisions, number of architectures, and how large their networks are."""

from __future__ import annotations

from typing import Any

import numpy as np

from dartsx.spaces.space import Space


def survey(name: str, space: Space, draws: int, seed: int) -> dict[str, Any]:
    """A space as JSON: plain numbers and texts.

    Args:
      name: name of the space.
      space: itself.
      draws: number of architectures whose networks are counted, at the space's own scale.
      seed: seed of the draw.

    Returns:
      ``name``; ``count``, the exact number of architectures as text; ``decisions``, the labels of their options by
      name; ``params`` and ``macs``, the smallest and the largest of the drawn networks; ``draws`` and ``seed``.
    """
    rng = np.random.default_rng(seed)
    networks = [space.network(space.sample(rng)) for _ in range(draws)]
    params, macs = zip(*((network.params(), network.macs()) for network in networks), strict=True)
    return {
        "name": name,
        "count": str(space.count()),
        "decisions": {decision: list(found.options) for decision, found in space.decisions.items()},
        "params": [min(params), max(params)],
        "macs": [min(macs), max(macs)],
        "draws": draws,
        "seed": seed,
    }
