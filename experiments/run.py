"""Search, derivation, retraining beside a baseline, and report, in a row: ``python -m experiments.run`` (digits)."""

import pathlib

from absl import flags

from dartsx import networks
from experiments.settings import run_main

_BASELINE = flags.DEFINE_string("baseline", "NASNet-A", "genotype or network to train beside the derived one")


def main(config, workdir: str) -> None:
    """Runs all steps; those that are finished already are not repeated."""
    from dartsx.report import write_report  # these import JAX: wrong flags fail before that
    from experiments.jobs import run_evaluate, run_search, searches_in

    root = pathlib.Path(workdir)
    search = root / "search"
    if not run_search(config, search):
        return
    # Of a population: derived_member0, derived_member1, ...
    found = {"derived" if path == search else f"derived_{path.name}": str(path) for path in searches_in(search)}
    for name, genotype in (found | {"baseline": _BASELINE.value}).items():
        config.genotype, config.network = genotype, ""
        if name == "baseline" and genotype in networks.names():
            config.network = genotype
        if not run_evaluate(config, root / name):
            return
    paths = write_report([search, *(root / name for name in found), root / "baseline"], root / "report")
    print(paths.terminal)
    print(f"report: {paths.html}")


if __name__ == "__main__":
    run_main(main, workdir="runs/digits")
