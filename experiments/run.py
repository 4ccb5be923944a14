"""Search, derivation, retraining beside a baseline, and report, in a row: ``python -m experiments.run`` (digits)."""

import pathlib

from absl import flags
from ml_collections import ConfigDict

from dartsx import networks
from dartsx.catalog import is_text
from experiments.settings import SettingsError, evaluate_settings, run_main, search_settings

_BASELINE = flags.DEFINE_string(
    "baseline", "", "genotype or network to train beside the derived one; by default NASNet-A, of texts lstm"
)


def main(config, workdir: str) -> None:
    """Runs all steps; those that are finished already are not repeated."""
    beside = _BASELINE.value or ("lstm" if is_text(config.dataset.name) else "NASNet-A")
    baseline = evaluation_config(config, beside)
    check(config, beside)
    from dartsx.report import write_report  # these import JAX: wrong flags fail before that
    from experiments.jobs import run_evaluate, run_search, searches_in

    root = pathlib.Path(workdir)
    search = root / "search"
    if not run_search(config, search):
        return
    # Of a population: derived_member0, derived_member1, ...
    found = {"derived" if path == search else f"derived_{path.name}": str(path) for path in searches_in(search)}
    configs = {name: evaluation_config(config, path) for name, path in found.items()}
    for name, chosen in (configs | {"baseline": baseline}).items():
        if not run_evaluate(chosen, root / name):
            return
    paths = write_report([search, *(root / name for name in found), root / "baseline"], root / "report")
    print(paths.terminal)
    print(f"report: {paths.html}")


def check(config: ConfigDict, baseline: str) -> None:
    """Names what is wrong with any of the parts before the first one starts."""
    search_settings(config)
    evaluate_settings(evaluation_config(config, ""), need_genotype=False)
    try:
        evaluate_settings(evaluation_config(config, baseline))
    except SettingsError as error:
        raise SettingsError(f"--baseline={baseline}: {error}", error.field) from error


def evaluation_config(config: ConfigDict, given: str) -> ConfigDict:
    """The config with what is to be evaluated: a network by name, or a genotype."""
    config = config.copy_and_resolve_references()
    named = given in (*networks.names(), *networks.LANGUAGE_MODELS)
    config.genotype, config.network = ("", given) if named else (given, "")
    return config


if __name__ == "__main__":
    run_main(main, workdir="runs/digits")
