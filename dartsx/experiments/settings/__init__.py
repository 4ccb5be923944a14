"""From a config to typed, validated settings, without importing JAX: wrong input fails at once."""

from dartsx.experiments.settings.command_line import CommandLine, parse_config
from dartsx.experiments.settings.data_checks import check_against_data
from dartsx.experiments.settings.errors import SettingsError, blame, wrong
from dartsx.experiments.settings.flags import REQUIRED, check_finite, check_needed, run_main
from dartsx.experiments.settings.groups import (
    AlphaOptimizer,
    DatasetSettings,
    EvaluateGroup,
    SearchGroup,
    WeightOptimizer,
)
from dartsx.experiments.settings.load import load_config
from dartsx.experiments.settings.pipeline import check_pipeline, evaluation_config
from dartsx.experiments.settings.population import member_config, member_settings, with_values
from dartsx.experiments.settings.seeds import read_seeds
from dartsx.experiments.settings.settings import (
    EvaluateSettings,
    SearchSettings,
    evaluate_settings,
    search_settings,
)
from dartsx.experiments.settings.stopping import stopped

__all__ = [
    "REQUIRED",
    "AlphaOptimizer",
    "CommandLine",
    "DatasetSettings",
    "EvaluateGroup",
    "EvaluateSettings",
    "SearchGroup",
    "SearchSettings",
    "SettingsError",
    "WeightOptimizer",
    "blame",
    "check_against_data",
    "check_finite",
    "check_needed",
    "check_pipeline",
    "evaluate_settings",
    "evaluation_config",
    "load_config",
    "member_config",
    "member_settings",
    "parse_config",
    "read_seeds",
    "run_main",
    "search_settings",
    "stopped",
    "with_values",
    "wrong",
]
