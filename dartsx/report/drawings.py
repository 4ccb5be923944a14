"""What can be drawn of an architecture: each of its cells, the pyramid of its detector, or its chain of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dartsx.report.chain_svg import chain_svg
from dartsx.report.pyramid_svg import pyramid_svg
from dartsx.report.svg import cell_svg
from dartsx.report.weights import group_title
from dartsx.spaces import Architecture, GenotypeError, SpaceError, named_space


def drawings(architecture: Architecture, config: Mapping[str, Any]) -> dict[str, str]:
    """SVG by cell type, or by the one name "pyramid" or "chain"; none where the space of these is not found here.

    Args:
        architecture: what is drawn.
        config: config of the run that it is of; a chain is drawn at the own scale of the space that this names.
    """
    if not architecture.cells:
        return _chain(architecture, config.get("space", {}).get("name", ""))
    titles = {kind: group_title(kind, architecture).capitalize() for kind in architecture.cells}
    return {kind: cell_svg(cell, titles[kind]) for kind, cell in architecture.cells.items()}


def _chain(architecture: Architecture, space: str) -> dict[str, str]:
    try:
        network = named_space(space).network(architecture)
    except (SpaceError, GenotypeError):
        return {}
    if network.writes == "boxes":
        return {"pyramid": pyramid_svg(network.head[-1].pyramids[0], f"Pyramid of {space.rpartition(':')[2]}")}
    return {"chain": chain_svg(network, f"Chain of {space}, at the space's own scale")}
