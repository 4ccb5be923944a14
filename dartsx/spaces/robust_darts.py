"""The search spaces S1 to S4 in which DARTS fails (RobustDARTS, arXiv:1909.09656, section 3).

All have the graph of DARTS. S1: two candidates per edge, of each edge its own, as a pre-search left
them. S2: separable convolution 3x3 or skip connection. S3: those and 'none'. S4: separable
convolution or noise. Sets and their order are those of the authors' code, ``src/spaces.py``.
"""

from dartsx.spaces.cell_space import CellSpace
from dartsx.spaces.restricted_space import RestrictedSpace

_SKIP, _MAX, _AVG, _SEP3 = "skip_connect", "max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3"
_DIL3, _DIL5 = "dil_conv_3x3", "dil_conv_5x5"

S1 = RestrictedSpace(
    normal=(
        (_SKIP, _DIL3),
        (_SKIP, _DIL5),
        (_SKIP, _DIL5),
        (_SKIP, _SEP3),
        (_SKIP, _DIL3),
        (_MAX, _SKIP),
        (_SKIP, _SEP3),
        (_SKIP, _SEP3),
        (_SKIP, _DIL3),
        (_SKIP, _SEP3),
        (_MAX, _SKIP),
        (_SKIP, _DIL3),
        (_DIL3, _DIL5),
        (_DIL3, _DIL5),
    ),
    reduce=(
        (_MAX, _AVG),
        (_MAX, _DIL3),
        (_MAX, _AVG),
        (_MAX, _AVG),
        (_SKIP, _DIL5),
        (_MAX, _AVG),
        (_MAX, _SEP3),
        (_SKIP, _DIL3),
        (_SKIP, _DIL5),
        (_MAX, _AVG),
        (_MAX, _AVG),
        (_SKIP, _DIL5),
        (_SKIP, _DIL5),
        (_SKIP, _DIL5),
    ),
)
S2 = CellSpace((_SKIP, _SEP3))
S3 = CellSpace(("none", _SKIP, _SEP3))
S4 = CellSpace(("noise", _SEP3))
