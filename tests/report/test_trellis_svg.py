"""The drawing of a path through a trellis."""

import re

import numpy as np

from dartsx.report.drawings import drawings
from dartsx.spaces import named_space


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
