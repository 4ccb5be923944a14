"""Compares spaces by the errors of networks drawn from them (arXiv:1905.13214, arXiv:2003.13678).

``dartsx design --spaces=anynet_digits_a,anynet_digits_d --budget=100 --workdir=runs/design``
``dartsx design --spaces=my_module:my_space,darts --budget=50 --macs=2e5:6e5 --workdir=runs/own``

Draws ``--budget`` networks of each space whose multiply-adds lie in the band ``--macs=LOW:HIGH`` (of a space that holds
no more, all), trains each as ``config.evaluate`` says, and writes their distributions of errors with bootstrap bands,
which space is better, and the best networks: design.html, design.md, design.json and edf.svg. Resumes.
"""

from __future__ import annotations

from typing import Any

from absl import flags
from ml_collections import ConfigDict

from dartsx.catalog import LEFT_OUT
from dartsx.experiments.settings import REQUIRED, SettingsError, evaluate_settings, run_main, stopped
from dartsx.experiments.settings.design import check_design
from dartsx.spaces import named_space

_SPACES = flags.DEFINE_list("spaces", None, "names, or module:attribute of your own, by commas", required=True)
_BUDGET = flags.DEFINE_integer("budget", 100, "networks of each space", lower_bound=1)
_MACS = flags.DEFINE_string("macs", "", "band of multiply-adds, LOW:HIGH, such as 2e4:6e4; empty: all")
_BINS = flags.DEFINE_integer("bins", 1, "bins of multiply-adds that count alike in the distributions", lower_bound=1)


def main(config: ConfigDict, workdir: str) -> None:
    """Draws, trains, compares."""
    settings, low_high = evaluate_settings(config, need_genotype=False), read_band(_MACS.value)
    check_design(settings)
    spaces = {name: named_space(name) for name in dict.fromkeys(_SPACES.value)}
    # These import JAX: wrong flags fail before that.
    from dartsx.experiments.jobs.design import Plan, Trainer, networks_of, results, train_all
    from dartsx.experiments.jobs.setup import comparison, inputs, load_checked, resolved, start
    from dartsx.report.design import write_design
    from dartsx.runtime import open_workdir
    from dartsx.spaces.draws import Band

    mesh = start(settings)
    dataset = load_checked(settings)
    plan = Plan(spaces, _BUDGET.value, Band(*low_high))
    trainer = Trainer(settings, dataset, mesh)
    drawn = networks_of(plan, trainer)
    plain = dict(resolved(config, LEFT_OUT["evaluate"]))
    plain["design"] = {"spaces": list(spaces), "budget": _BUDGET.value, "macs": _MACS.value}
    run = {"seed": settings.seed, "dataset": dataset.label, "method": None}
    given = inputs(dataset.identity)
    with open_workdir(workdir, plain, "design", run=run, inputs=given, **comparison(plain)) as folder:
        if train_all(plan, config, drawn, folder.path):
            folder.update_run(status="finished")
            facts = described(config, dataset.label, trainer)
            paths = write_design(results(folder.path, drawn), facts, folder.path, _BINS.value)
            print(paths.text)
            print(f"report: {paths.html}")
        else:
            folder.update_run(status="stopped")
            print(stopped(workdir))


def described(config: ConfigDict, dataset: str, trainer: Any) -> dict[str, str]:
    """What the report says of how the networks were trained."""
    group = config.evaluate
    training = f"{trainer.epochs} epochs of {trainer.steps} steps, batches of {group.batch_size}"
    rate = f"{group.schedule} from {group.learning_rate:g}, weight decay {group.weight_decay:g}"
    band = _MACS.value or "all"
    return {"data set": dataset, "training": training, "learning rate": rate, "band of multiply-adds": band}


def read_band(text: str) -> tuple[float, float]:
    """Bounds of ``LOW:HIGH``, of which either may be missing.

    Raises:
      SettingsError: something else.
    """
    low, colon, high = text.partition(":")
    try:
        if text and not colon:
            raise ValueError
        band = float(low or 0), float(high or "inf")
        if not 0 <= band[0] <= band[1]:
            raise ValueError
    except ValueError:
        raise SettingsError(f"--macs={text}: must be LOW:HIGH, such as 2e4:6e4, with LOW at most HIGH") from None
    return band


if __name__ == "__main__":
    run_main(main, config="design.py", workdir=REQUIRED)
