"""Search, derivation, retraining beside a baseline, and report, in a row: ``python -m experiments.run`` (digits)."""

import pathlib

from absl import flags

from experiments.settings import run_main

_BASELINE = flags.DEFINE_string("baseline", "NASNet-A", "published genotype to retrain beside the derived one")


def main(config, workdir: str) -> None:
    """Runs all steps; those that are finished already are not repeated."""
    from dartsx.report import write_report  # these import JAX: wrong flags fail before that
    from experiments.jobs import run_evaluate, run_search

    root = pathlib.Path(workdir)
    folders = {name: root / name for name in ("search", "derived", "baseline")}
    if not run_search(config, folders["search"]):
        return
    for name, genotype in (("derived", str(folders["search"])), ("baseline", _BASELINE.value)):
        config.genotype = genotype
        if not run_evaluate(config, folders[name]):
            return
    paths = write_report(list(folders.values()), root / "report")
    print(paths.terminal)
    print(f"report: {paths.html}")


if __name__ == "__main__":
    run_main(main, workdir="runs/digits")
