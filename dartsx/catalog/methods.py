"""All search methods: the one place that says which there are, with what options, and what their papers set.

A method is a function ``NAME(base, task, **options)`` in a file of ``dartsx/search/methods/``, whose docstring states
the formulas, and a declaration here. Options reach the function from ``compose`` or from
``--config.methods.NAME.OPTION=``; ``configs/NAME.py:METHOD`` takes the settings of the paper too.
"""

from dartsx.catalog.declaration import Declaration, Option
from dartsx.catalog.rules import above_zero, at_least, below_one, below_zero, between, sides

# The method that all others change; its function is the beginning of every composition.
BASE = "darts"
_ONE_CANDIDATE = {
    "darts_minus": "an auxiliary skip helps a mixture, not one drawn candidate",
    "oles": "what is not drawn has no gradients to compare",
}
_FIXED_STAGES = {"darts_plus": "stages have fixed lengths", "r_darts": "stages have fixed lengths"}


def _temperature(start: float, end: float) -> dict[str, Option]:
    return {
        "temperature_start": Option(start, "temperature of the samples at the start of the search", above_zero()),
        "temperature_end": Option(end, "temperature of the samples at the end of the search", above_zero()),
    }


def _epsilon() -> Option:
    return Option(0.3, "radius of the perturbation at the end of the search", above_zero())


# In the order in which methods are applied to each other: those that wrap what others decide come later.
METHODS: dict[str, Declaration] = {
    "darts": Declaration(),
    "gdas": Declaration(
        decides=("relaxation",),
        options=_temperature(10.0, 0.1),
        paper={"epochs": 250, "batch_size": 256, "weights.weight_decay": 5e-4},
        meaningless=_ONE_CANDIDATE,
    ),
    "snas": Declaration(
        decides=("relaxation",),
        options={
            **_temperature(1.0, 0.03),
            "levels": Option(1, "2: alphas learn from images that train no weights, as in FBNet", between(1, 2)),
        },
        paper={"epochs": 150},
        first_order="trains alphas and weights on one loss",
    ),
    "reinmax": Declaration(
        decides=("relaxation",),
        options=_temperature(1.0, 1.0),
        meaningless=_ONE_CANDIDATE,
    ),
    "proxyless": Declaration(
        decides=("relaxation",),
        paper={"alphas.learning_rate": 1e-3, "alphas.beta1": 0.0, "alphas.weight_decay": 0.0},
        meaningless=_ONE_CANDIDATE,
    ),
    "tunas": Declaration(
        decides=("relaxation", "penalty"),
        options={
            "baseline": Option(0.95, "share of the past in the baseline of the rewards", below_one()),
            "factor": Option(-0.1, "factor of the distance from a cost's target in the reward", below_zero()),
            "growth": Option(10.0, "growth of the alphas' learning rate while they learn", above_zero()),
            "warmup": Option(0.25, "share of the search in which ever fewer decisions take all options", below_one()),
        },
        paper={
            "alphas.learning_rate": 3e-4,
            "alphas.beta1": 0.0,
            "alphas.weight_decay": 0.0,
            "alphas.init_scale": 0.0,
            "alphas.warmup_epochs": 12,  # a quarter
        },
        meaningless={**_ONE_CANDIDATE, "pc_darts": "weights of edges are not drawn, so that no reward moves them"},
        first_order="learns its alphas from rewards",
    ),
    "fair_nas": Declaration(
        decides=("relaxation", "perturbation", "gradient of the weights", "freezing", "selection after the search"),
        options={
            "strict": Option(True, "whether a step trains every option of every decision once"),
            "candidates": Option(100, "architectures that are compared after the search", at_least(1)),
        },
        meaningless={
            **_ONE_CANDIDATE,
            **dict.fromkeys(("p_darts", "progressive", "darts_plus", "r_darts"), "alphas that rest say nothing"),
        },
        first_order="trains no alphas",
    ),
    "ofa": Declaration(
        decides=(
            "relaxation",
            "penalty",
            "perturbation",
            "gradient of the weights",
            "freezing",
            "stages",
            "derivation",
        ),
        options={
            "distillation": Option(
                1.0, "weight of the cross entropy with the largest network's predictions", at_least(0)
            ),
            "resolutions": Option("", "sides of the images, separated by commas; empty for those of the data", sides()),
        },
        meaningless={
            **_ONE_CANDIDATE,
            **_FIXED_STAGES,
            "darts_pt": "alphas that rest say nothing",
            "pc_darts": "its networks are no cells",
        },
        first_order="trains no alphas",
        only_described=True,
    ),
    "fair_darts": Declaration(
        decides=("relaxation", "penalty", "derivation"),
        options={
            "penalty": Option(10.0, "weight of the zero-one loss", at_least(0)),
            "threshold": Option(0.85, "weight above which a candidate is derived", below_one()),
        },
        paper={
            "batch_size": 128,
            "weights.learning_rate": 0.005,
            "alphas.learning_rate": 3e-3,
            "alphas.beta1": 0.9,
            "alphas.init_scale": 0.0,
        },
        left_out=("none",),
    ),
    "drnas": Declaration(
        decides=("relaxation", "penalty"),
        options={"penalty": Option(0.0, "weight of the divergence from uniform Dirichlet", at_least(0))},
        paper={
            "weights.learning_rate": 0.1,
            "weights.learning_rate_min": 0.0,
            "alphas.learning_rate": 6e-4,
            "alphas.warmup_epochs": 10,
        },
        left_out=("none",),
    ),
    "trilevel": Declaration(
        decides=("relaxation", "penalty"),
        options={"order": Option(1e-3, "weight of the order of the network's lengths; above 0 prefers short ones")},
        paper={"epochs": 100, "alphas.weight_decay": 0.0},
    ),
    "beta_darts": Declaration(
        decides=("penalty",),
        options={
            "penalty_start": Option(0.0, "weight of Beta-Decay at the start of the search", at_least(0)),
            "penalty_end": Option(50.0, "weight of Beta-Decay at the end of the search", at_least(0)),
        },
        paper={"epochs": 100},
    ),
    "darts_minus": Declaration(
        decides=("auxiliary skip connections",),
        options={
            "skip_start": Option(1.0, "weight of the auxiliary skip connection at the start", at_least(0)),
            "skip_end": Option(0.0, "weight of the auxiliary skip connection at the end", at_least(0)),
        },
        left_out=("none",),
    ),
    "sdarts_rs": Declaration(
        decides=("perturbation",),
        options={"epsilon": _epsilon()},
        module="dartsx.search.methods.sdarts",
    ),
    "sdarts_adv": Declaration(
        decides=("perturbation",),
        options={"epsilon": _epsilon(), "steps": Option(7, "steps of the attack", at_least(1))},
        module="dartsx.search.methods.sdarts",
    ),
    "lambda_darts": Declaration(
        decides=("gradient of the weights",),
        options={"penalty": Option(0.125, "weight of the alignment at the end of the search", at_least(0))},
    ),
    "oles": Declaration(
        decides=("freezing",),
        options={
            "threshold": Option(0.4, "mean cosine below which an operation is frozen", between(-1, 1)),
            "steps": Option(20, "steps over which the mean is taken", at_least(1)),
        },
    ),
    "darts_plus": Declaration(
        decides=("early stopping",),
        options={
            "skips": Option(2, "skip connections of the normal cell that end the search", at_least(1)),
            "stable_epochs": Option(10, "epochs without a change of rank that end the search", at_least(1)),
        },
    ),
    "r_darts": Declaration(
        decides=("early stopping",),
        options={
            "factor": Option(1 / 0.75, "growth of the largest eigenvalue that ends the search", above_zero()),
            "window": Option(5, "epochs over which the eigenvalue is averaged", at_least(1)),
            "back": Option(5, "epochs between the means that are compared, and gone back at the end", at_least(1)),
            "drop_path": Option(0.0, "rate at which outputs of edges are dropped at the end", below_one()),
        },
        paper={"weights.weight_decay": 81e-4},
    ),
    "p_darts": Declaration(
        decides=("stages", "derivation"),
        options={
            "skips": Option(2, "skip connections left in the normal cell", at_least(0)),
            "extra_layers_second": Option(6, "cells that the second stage has more than the first", at_least(0)),
            "extra_layers_third": Option(12, "cells that the third stage has more than the first", at_least(0)),
            "keep_second": Option(5, "candidates per edge in the second stage", at_least(1)),
            "keep_third": Option(3, "candidates per edge in the third stage", at_least(1)),
            "dropout_second": Option(0.4, "rate at which the second stage begins to drop skips", below_one()),
            "dropout_third": Option(0.7, "rate at which the third stage begins to drop skips", below_one()),
        },
        paper={
            "layers": 5,
            "epochs": 25,
            "batch_size": 96,
            "weights.learning_rate_min": 0.0,
            "alphas.learning_rate": 6e-4,
            "alphas.warmup_epochs": 10,
        },
        meaningless=_FIXED_STAGES,
    ),
    "darts_pt": Declaration(
        decides=("selection after the search",),
        options={"tune_epochs": Option(5, "epochs of tuning after each choice", at_least(0))},
    ),
    "pc_darts": Declaration(
        decides=("channels",),
        options={
            "partial_channels": Option(4, "one in so many channels goes through the candidates", at_least(1)),
            "edge_weights": Option(True, "whether edges have weights of their own"),
        },
        paper={
            "batch_size": 256,
            "weights.learning_rate": 0.1,
            "weights.learning_rate_min": 0.0,
            "alphas.learning_rate": 6e-4,
            "alphas.warmup_epochs": 15,
        },
        partial_channels=("partial_channels",),
    ),
    "progressive": Declaration(
        decides=("stages", "channels"),
        options={
            "partial_first": Option(6, "one in so many channels goes through the candidates at first", at_least(1)),
            "partial_second": Option(4, "the same in the second stage", at_least(1)),
            "keep": Option(4, "candidates that every edge keeps in the second stage", at_least(1)),
        },
        paper={"channels": 36, "layers": 20, "alphas.warmup_epochs": 10},
        meaningless=_FIXED_STAGES,
        partial_channels=("partial_first", "partial_second"),
    ),
}
