"""A search and the evaluation of what it finds, from one config."""

from ml_collections import ConfigDict

from dartsx import networks
from dartsx.experiments.settings.settings import evaluate_settings, search_settings


def evaluation_config(config: ConfigDict, given: str) -> ConfigDict:
    """The config with what is to be evaluated: a network by name, or a genotype."""
    config = config.copy_and_resolve_references()
    named = given in networks.all_names()
    config.genotype, config.network = ("", given) if named else (given, "")
    return config


def check_pipeline(config: ConfigDict) -> None:
    """Names what is wrong with either part before the first one starts; the genotype is not known yet.

    Raises:
      SettingsError: naming the field, its value and what is allowed.
    """
    search_settings(config)
    evaluate_settings(evaluation_config(config, ""), need_genotype=False)
