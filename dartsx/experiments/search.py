"""Searches for architectures: ``dartsx search --config=cifar10 --workdir=runs/a``.

In place of a method's alphas a strategy can search. ``--strategy=enas`` trains shared weights in turns with ENAS's
controller, any other strategy with itself; ``--objective=retrain`` trains every network that it asks for from scratch,
as ``config.evaluate`` says, on the part of the training images that a search trains weights on.
"""

from absl import flags

from dartsx.experiments.settings import REQUIRED, SettingsError, check_needed, run_main, stopped
from dartsx.experiments.settings.strategies import OBJECTIVES, read_asking

_STRATEGY = flags.DEFINE_string("strategy", "", "a strategy in place of the config's method, such as enas")
_OBJECTIVE = flags.DEFINE_enum("objective", "shared", OBJECTIVES, "what scores the architectures of a strategy")
_OPTIONS = flags.DEFINE_string("options", "", "options of the strategy, OPTION=VALUE, separated by semicolons")
_ASKED = flags.DEFINE_integer("asked", 100, "architectures scored; with shared weights after each epoch")
_AT_ONCE = flags.DEFINE_integer("at_once", 10, "architectures asked for before the strategy is told their scores")
_COMPARED = flags.DEFINE_integer("compared", 10, "with shared weights: architectures of which the best is derived")


def main(config, workdir: str) -> None:
    """Runs the search, or resumes it."""
    check_needed(_STRATEGY, _OBJECTIVE, _OPTIONS, _ASKED, _AT_ONCE, _COMPARED)
    if _COMPARED.present and _OBJECTIVE.value != "shared":
        raise SettingsError(
            f"--compared needs --objective=shared: --objective={_OBJECTIVE.value} finds the best anyway"
        )
    if _STRATEGY.value:
        numbers = _ASKED.value, _AT_ONCE.value, _COMPARED.value
        asking = read_asking(_STRATEGY.value, _OPTIONS.value, _OBJECTIVE.value, *numbers)
        from dartsx.experiments.jobs.asking import run_asking  # imports JAX: wrong flags fail before that

        finished = run_asking(config, asking, workdir)
    else:
        from dartsx.experiments.jobs import run_search

        finished = run_search(config, workdir)
    print(f"genotype in {workdir}" if finished else stopped(workdir))


if __name__ == "__main__":
    run_main(main, workdir=REQUIRED)
