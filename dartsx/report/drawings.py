"""What can be drawn of an architecture: each of its cells, the pyramid of its detector, or its chain, cell and path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dartsx.report.chain_svg import chain_svg
from dartsx.report.pyramid_svg import pyramid_svg
from dartsx.report.svg import cell_svg
from dartsx.report.trellis_svg import trellis_svg
from dartsx.report.weights import group_title
from dartsx.spaces import Architecture, GenotypeError, SpaceError, named_space
from dartsx.spaces.auto_deeplab import decided_cell

TRELLIS = "Levels of the layers, and the path through them"


def drawings(architecture: Architecture, config: Mapping[str, Any]) -> dict[str, str]:
    """SVG by cell type, or "pyramid", or "chain" with "cell" and "trellis"; none where the space is not found here.

    Args:
        architecture: what is drawn.
        config: config of the run that it is of; a chain is drawn at the own scale of the space that this names.
    """
    if not architecture.cells:
        return _described(architecture, config.get("space", {}).get("name", ""))
    titles = {kind: group_title(kind, architecture).capitalize() for kind in architecture.cells}
    return {kind: cell_svg(cell, titles[kind]) for kind, cell in architecture.cells.items()}


def _described(architecture: Architecture, name: str) -> dict[str, str]:
    try:
        space = named_space(name)
        network = space.network(architecture)
    except (SpaceError, GenotypeError):
        return {}
    if network.writes == "boxes":
        return {"pyramid": pyramid_svg(network.head[-1].pyramids[0], f"Pyramid of {name.rpartition(':')[2]}")}
    found = {"chain": chain_svg(network, f"Chain of {name}, at the space's own scale")}
    cell = decided_cell(architecture.choices)
    if cell is not None:
        found["cell"] = cell_svg(cell, f"Cell of {name}")
    if space.path is not None:
        found["trellis"] = trellis_svg(space.path, architecture.choices, TRELLIS)
    return found
