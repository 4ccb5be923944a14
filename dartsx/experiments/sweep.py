"""Many runs of one experiment: a grid, draws or a list of settings, each with several seeds.

``dartsx sweep --config=digits --sweep='search.alphas.learning_rate=1e-3,1e-2;
method=darts,pc_darts' --seeds=0:3 --workdir=runs/sweep``

``--sweep`` has values (``FIELD=A,B``) or ranges (``FIELD=LOW..HIGH:log``, drawn ``--samples`` times), or names a JSON
file with a list of points; without it the config file's own ``sweep()`` gives that list. Every point is checked before
the first trial starts. The same command goes on where it was stopped or killed; docs/sweeps.md says more.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence

from absl import flags

from dartsx.experiments.settings import (
    REQUIRED,
    SettingsError,
    check_finite,
    parse_config,
    read_seeds,
    run_main,
    stopped,
)
from dartsx.experiments.sweeps.plan import SAMPLERS, SCHEDULERS, SweepFlags, plan_of
from dartsx.experiments.trials.choose import EXECUTORS, make_executor
from dartsx.experiments.trials.resources import Resources
from dartsx.experiments.trials.trial import JOBS, Trial

_SWEEP = flags.DEFINE_string("sweep", "", "FIELD=A,B; FIELD=LOW..HIGH:log; ... or FILE.json; empty: the config's own")
_SEEDS = flags.DEFINE_string("seeds", "0:3", "first:end, or numbers separated by commas")
_JOB = flags.DEFINE_enum("job", "search", list(JOBS), "what is run: a search, an evaluation, or one after the other")
_SCORE = flags.DEFINE_string("score", "", "number of result.json that counts; empty: that of the job and the task")
_SAMPLER = flags.DEFINE_enum("sampler", None, SAMPLERS, "how points are chosen (grid, or random if there are ranges)")
_SAMPLES = flags.DEFINE_integer("samples", None, "number of points to draw", lower_bound=1)
_SWEEP_SEED = flags.DEFINE_integer("sweep_seed", 0, "seed of the draws", lower_bound=0)
_SCHEDULER = flags.DEFINE_enum("scheduler", "all", SCHEDULERS, "all: every trial to its end; else early stopping")
_ETA = flags.DEFINE_integer("eta", 3, "of a rung's settings one in so many goes on")
_MIN_EPOCHS = flags.DEFINE_integer("min_epochs", 1, "epochs of the first rung, at least")
_SHARE = flags.DEFINE_bool("share_seeds", True, "one program for the seeds of a setting, where the method allows it")
_FAILURES = flags.DEFINE_integer("max_failures", None, "failures after which no other trial starts", lower_bound=0)
_EXECUTOR = flags.DEFINE_enum("executor", "local", EXECUTORS, "what runs the trials")
_SLOTS = flags.DEFINE_integer("slots", None, "local: trials at once (one for each GPU, or each core)", lower_bound=1)
_MEMORY = flags.DEFINE_float("memory", None, "GiB of a trial (local: measured)", lower_bound=0)
_CPUS = flags.DEFINE_float("cpus", 1, "ray, slurm: cores of a trial", lower_bound=0)
_GPUS = flags.DEFINE_float("gpus", 0, "ray, slurm: GPUs of a trial; ray takes shares, such as 0.5", lower_bound=0)
_RETRIES = flags.DEFINE_integer("retries", 1, "how often a trial whose process dies is gone on with", lower_bound=0)
_ADDRESS = flags.DEFINE_string("ray_address", "", "address of a Ray cluster, or auto; empty: start one here")
_SBATCH = flags.DEFINE_list("sbatch", [], "slurm: further options, such as --partition=gpu,--time=4:00:00")
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "print what would be run (slurm: a script for sbatch), and run nothing")


def main(config, workdir: str) -> None:
    """Runs what is missing, and prints the table."""
    del config  # every point has its own
    check_finite(_MEMORY, _CPUS, _GPUS)
    seeds, root = read_seeds(_SEEDS.value), pathlib.Path(workdir)
    plan = plan_of(_flags())
    memory = None if _MEMORY.value is None else round(_MEMORY.value * 2**30)
    given = _SLOTS.value, memory, _CPUS.value, _GPUS.value, _RETRIES.value, _ADDRESS.value, tuple(_SBATCH.value)
    resources = Resources(*given)
    from dartsx.experiments.sweeps.run import check_searches, planned, run_sweep, summary
    from dartsx.report import write_report  # these import JAX: wrong flags fail before that

    check_searches(plan)
    if _DRY_RUN.value:
        print(_dry(planned(plan, seeds, _SHARE.value), root.absolute(), resources))
        return
    executor = lambda root: make_executor(_EXECUTOR.value, root, resources)  # noqa: E731
    results = run_sweep(plan, root, seeds, _SHARE.value, executor, _FAILURES.value)
    print(summary(results))
    if any(result.status == "stopped" for result in results):
        print(stopped(workdir))
    if any(result.status in ("finished", "paused") for result in results):
        paths = write_report([root], root / "report")
        print(f"{paths.terminal}\nreport: {paths.html}")
    if any(result.status == "failed" for result in results):
        sys.exit(1)


def _dry(trials: Sequence[Trial], root: pathlib.Path, resources: Resources) -> str:
    """What would be run: names of the trials, or a script that runs them once it is handed to sbatch."""
    if not trials:
        raise SettingsError(f"--dry_run: --sampler={_SAMPLER.value} makes its points as results come in")
    if _EXECUTOR.value != "slurm":
        return "\n".join(trial.name for trial in trials)
    from dartsx.experiments.trials.handover import hand_over
    from dartsx.experiments.trials.on_slurm import script

    for trial in trials:
        hand_over(root, trial)
    return script(root, [trial.name for trial in trials], resources).rstrip()


def _flags() -> SweepFlags:
    return SweepFlags(
        argv=sys.argv,
        source=parse_config(sys.argv).source,
        sweep=_SWEEP.value,
        job=_JOB.value,
        score=_SCORE.value,
        samples=_SAMPLES.value,
        sampler=_SAMPLER.value or "",
        sweep_seed=_SWEEP_SEED.value,
        scheduler=_SCHEDULER.value,
        eta=_ETA.value,
        min_epochs=_MIN_EPOCHS.value,
    )


if __name__ == "__main__":
    run_main(main, workdir=REQUIRED)
