"""Published recurrent cells: DARTS's, first and second order, and ENAS's in DARTS's notation.

Source: github.com/quark0/darts, rnn/genotypes.py at f276dd346a (arXiv:1806.09055, arXiv:1802.03268).
"""

from collections.abc import Sequence

from dartsx.spaces.genotype import Edge
from dartsx.spaces.recurrent_cell import RecurrentCell


def _cell(text: str, concat: Sequence[int]) -> RecurrentCell:
    """A cell from its nodes' activations and sources, ``relu 0, relu 1, ...``."""
    entries = [entry.split() for entry in text.split(", ")]
    edges = [Edge(activation, int(source), node) for node, (activation, source) in enumerate(entries, start=1)]
    return RecurrentCell(tuple(edges), tuple(concat))


MEMBERS = {
    "DARTS_V1": _cell("relu 0, relu 1, tanh 2, relu 3, relu 4, identity 1, relu 5, relu 1", range(1, 9)),
    "DARTS_V2": _cell("sigmoid 0, relu 1, relu 1, identity 1, tanh 2, sigmoid 5, tanh 3, relu 5", range(1, 9)),
    "ENAS": _cell(
        "tanh 0, tanh 1, relu 1, tanh 3, tanh 3, relu 3, relu 4, relu 7, relu 8, relu 8, relu 8", (2, 5, 6, 9, 10, 11)
    ),
}
