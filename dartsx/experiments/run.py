"""Search, derivation, retraining beside a baseline, and report, in a row: ``dartsx run`` (digits)."""

import pathlib

from absl import flags
from ml_collections import ConfigDict

from dartsx.catalog import task_of_data
from dartsx.experiments.settings import (
    SettingsError,
    check_pipeline,
    evaluate_settings,
    evaluation_config,
    run_main,
    stopped,
)

_BASELINE = flags.DEFINE_string(
    "baseline", "", "genotype or network to train beside the derived one; by default by what is trained for"
)

# Task -> the network that is trained beside the derived one.
_BESIDE = {"language": "lstm", "detection": "small_fpn", "segmentation": "unet_12"}


def main(config, workdir: str) -> None:
    """Runs all steps; those that are finished already are not repeated."""
    beside = _BASELINE.value or default_baseline(config)
    baseline = evaluation_config(config, beside)
    check(config, beside)
    from dartsx.experiments.jobs import run_evaluate, run_pipeline
    from dartsx.report import write_report  # these import JAX: wrong flags fail before that

    root = pathlib.Path(workdir)
    if not (run_pipeline(config, root) and run_evaluate(baseline, root / "baseline")):
        print(stopped(workdir))
        return
    derived = sorted(root.glob("derived*"), key=lambda path: (len(path.name), path.name))
    paths = write_report([root / "search", *derived, root / "baseline"], root / "report")
    print(paths.terminal)
    print(f"report: {paths.html}")


def default_baseline(config: ConfigDict) -> str:
    """The LSTM for texts, U-Net for masks, FPN for boxes, a small EDSR for super-resolution, else NASNet-A."""
    upscale = config.dataset.upscale
    task = task_of_data(config.dataset.name, upscale)
    return f"edsr_tiny_x{upscale}" if task == "super_resolution" else _BESIDE.get(task, "NASNet-A")


def check(config: ConfigDict, baseline: str) -> None:
    """Names what is wrong with any of the parts before the first one starts."""
    check_pipeline(config)
    try:
        evaluate_settings(evaluation_config(config, baseline))
    except SettingsError as error:
        raise SettingsError(f"--baseline={baseline}: {error}", error.field) from error


if __name__ == "__main__":
    run_main(main, workdir="runs/digits")
