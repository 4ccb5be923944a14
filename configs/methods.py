"""Options of the search methods, and what else the papers set differently from DARTS.

``configs/NAME.py:pc_darts`` takes both, for each of several names joined by ``+``; ``--config.method=pc_darts`` takes
the options only. ``experiments/settings/methods.py`` states types and bounds, ``dartsx/search/methods/`` what they
mean.
"""

from ml_collections import ConfigDict

OPTIONS = {
    "gdas": {"temperature_start": 10.0, "temperature_end": 0.1},
    "snas": {"temperature_start": 1.0, "temperature_end": 0.03},
    "reinmax": {"temperature_start": 1.0, "temperature_end": 1.0},
    "fair_darts": {"penalty": 10.0, "threshold": 0.85},
    "drnas": {"penalty": 0.0},
    "beta_darts": {"penalty_start": 0.0, "penalty_end": 50.0},
    "darts_minus": {"skip_start": 1.0, "skip_end": 0.0},
    "sdarts_rs": {"epsilon": 0.3},
    "sdarts_adv": {"epsilon": 0.3, "steps": 7},
    "lambda_darts": {"penalty": 0.125},
    "oles": {"threshold": 0.4, "steps": 20},
    "darts_plus": {"skips": 2, "stable_epochs": 10},
    "r_darts": {"factor": 1 / 0.75, "window": 5, "back": 5, "drop_path": 0.0},
    "p_darts": {
        "skips": 2,
        "extra_layers_second": 6,
        "extra_layers_third": 12,
        "keep_second": 5,
        "keep_third": 3,
        "dropout_second": 0.4,
        "dropout_third": 0.7,
    },
    "darts_pt": {"tune_epochs": 5},
    "pc_darts": {"partial_channels": 4, "edge_weights": True},
    "progressive": {"partial_first": 6, "partial_second": 4, "keep": 4},
}

# Fields below ``search``; and primitives that the method's space leaves out.
SETTINGS = {
    "gdas": {"epochs": 250, "batch_size": 256, "weights.weight_decay": 5e-4},
    "snas": {"epochs": 150},
    "beta_darts": {"epochs": 100},
    "fair_darts": {
        "batch_size": 128,
        "weights.learning_rate": 0.005,
        "alphas.learning_rate": 3e-3,
        "alphas.beta1": 0.9,
        "alphas.init_scale": 0.0,
    },
    "drnas": {
        "weights.learning_rate": 0.1,
        "weights.learning_rate_min": 0.0,
        "alphas.learning_rate": 6e-4,
        "alphas.warmup_epochs": 10,
    },
    "r_darts": {"weights.weight_decay": 81e-4},
    "p_darts": {
        "layers": 5,
        "epochs": 25,
        "batch_size": 96,
        "weights.learning_rate_min": 0.0,
        "alphas.learning_rate": 6e-4,
        "alphas.warmup_epochs": 10,
    },
    "pc_darts": {
        "batch_size": 256,
        "weights.learning_rate": 0.1,
        "weights.learning_rate_min": 0.0,
        "alphas.learning_rate": 6e-4,
        "alphas.warmup_epochs": 15,
    },
    "progressive": {"channels": 36, "layers": 20, "alphas.warmup_epochs": 10},
}
WITHOUT = {"fair_darts": ("none",), "drnas": ("none",), "darts_minus": ("none",)}


def apply_paper_settings(config: ConfigDict, method: str) -> None:
    """Sets what the papers of these methods (joined by ``+``) set differently from DARTS; the later name wins."""
    for name in method.split("+"):
        for field, value in SETTINGS.get(name, {}).items():
            group, _, last = field.rpartition(".")
            (config.search[group] if group else config.search)[last] = value
        left_out = WITHOUT.get(name, ())
        config.space.primitives = tuple(p for p in config.space.primitives if p not in left_out)
