"""Primitives by name: what an edge may compute. How each one computes stands in ``dartsx.kernels``."""

NONE = "none"
"""The candidate that stands for "no edge": it competes in a mixture and is never kept."""

SKIP = "skip_connect"
"""The candidate that passes its source on as it is."""

DARTS = (
    NONE,
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""The eight candidates of DARTS (arXiv:1806.09055) in the column order of its alphas."""

BLOCKS = (
    "conv_1x1",
    "conv_3x3",
    "group_conv_3x3",
    "depthwise_3x3",
    "separable_3x3",
    "factorized_5x5",
    "basic_block",
    "bottleneck",
    "resnext_block",
    "se_bottleneck",
    "fire",
    "inverted_3x3",
    "inverted_5x5",
    "mobilenet_v3_5x5",
    "shuffle_v1",
    "shuffle_v2",
    "mixconv_3_5",
)
"""Building blocks of hand-designed networks; ``dartsx/kernels/channel_major/primitives/blocks.py`` says of which."""

PRIMITIVES = (
    *DARTS,
    "sep_conv_7x7",  # NASNet-A, AmoebaNet-A
    "conv_7x1_1x7",  # AmoebaNet-A
    "conv_3x1_1x3",  # SETN
    *BLOCKS,
    "nor_conv_1x1",  # NAS-Bench-201
    "nor_conv_3x3",  # NAS-Bench-201
    "noise",  # RobustDARTS, space S4
)
"""All primitives that the project computes."""
