"""An architecture in the text forms that other repositories read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from dartsx.spaces import Architecture, to_json
from dartsx.spaces.genotype import PER_NODE


def forms(architecture: Architecture) -> dict[str, str]:
    """Name of a file -> its text, for every form that can say this architecture.

    ``architecture.json`` is dartsx's own and is always there. Of cells besides ``darts.txt``, the line that the
    released code of DARTS and of its successors keeps in ``genotypes.py``, and ``nni.json``, an exported architecture
    of the DARTS space of ``nni.nas`` (NNI 3); of both only where every node has two inputs, as they require. Of a
    topology ``nasbench201.txt``, the string of NAS-Bench-201, NATS-Bench and AutoDL-Projects. Of a recurrent cell
    ``darts.txt``.
    """
    made = {"architecture.json": json.dumps(to_json(architecture), indent=2)}
    return made | _FORMS.get(architecture.executor, lambda _: {})(architecture)


def _cells(genotype: Architecture) -> Mapping[str, str]:
    pairs = all(len(cell.inputs(node)) == PER_NODE for cell in genotype.cells.values() for node in cell.nodes)
    return {"darts.txt": str(genotype), "nni.json": json.dumps(_nni(genotype), indent=2)} if pairs else {}


def _nni(genotype: Architecture) -> dict[str, str | list[int]]:
    chosen: dict[str, str | list[int]] = {}
    for kind, cell in genotype.cells.items():
        for node in cell.nodes:
            for i, edge in enumerate(cell.inputs(node)):
                chosen[f"{kind}/op_{node}_{i}"] = edge.primitive
                chosen[f"{kind}/input_{node}_{i}"] = [edge.source]
    return chosen


_FORMS: Mapping[str, Callable[[Architecture], Mapping[str, str]]] = {
    "cells": _cells,
    "topology": lambda topology: {"nasbench201.txt": str(topology)},
    "recurrent": lambda cell: {"darts.txt": str(cell)},
}
