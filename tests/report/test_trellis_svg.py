"""The drawings of a path through a trellis, and of the cell of its places."""

import re

import numpy as np

from dartsx.report.drawings import drawings
from dartsx.spaces import named_space
from dartsx.spaces.auto_deeplab import MEMBERS, decided_cell


def test_all_moves_are_drawn_and_the_path_over_them():
    space = named_space("auto_deeplab_scenes")
    architecture = space.derive({"decisions": np.zeros(space.alpha_shapes["decisions"])})
    chosen = dict(architecture.choices) | {"path/0/0": "down", "path/1/1": "up"}
    del chosen["path/1/0"]
    svg = drawings(space.architecture(chosen), {"space": {"name": "auto_deeplab_scenes"}})["trellis"]
    lines = re.findall(r'<line x1="(\d+)" y1="(\d+)" x2="(\d+)" y2="(\d+)" stroke="#\w+" stroke-width="(\d)"', svg)
    moves, path = ([tuple(map(int, ends)) for *ends, width in lines if width == kind] for kind in "15")
    assert len(moves) == 2 + 5 and set(path) <= set(moves)
    levels = [(y, to_y) for _, y, _, to_y in sorted(path)]
    top, below = levels[0]
    assert levels == [(top, below), (below, top)] and below > top
    assert svg.count("<circle") == 1 + 2 + 3


def test_the_cell_is_drawn_with_two_operations_for_every_node():
    architecture = MEMBERS["Auto-DeepLab"]
    assert decided_cell(architecture.choices).edges[:3] == (
        ("atrous_5x5", 0, 2),  # of the layer before the last one, as everywhere
        ("separable_3x3", 1, 2),
        ("separable_3x3", 0, 3),
    )
    svg = drawings(architecture, {"space": {"name": "auto_deeplab"}})["cell"]
    assert [svg.count(f">{kind}<") for kind in ("separable_3x3", "separable_5x5", "atrous_3x3", "atrous_5x5")] == [
        *(4, 3, 1, 2)
    ]
    nothing = dict(architecture.choices) | {"cell/2/left": "none"}
    assert len(decided_cell(nothing).edges) == 9
    assert decided_cell({"path/0/0": "keep"}) is None
