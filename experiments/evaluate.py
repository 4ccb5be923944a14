"""Trains a genotype from scratch.

``python -m experiments.evaluate --config=configs/cifar10.py --config.genotype=runs/a --workdir=runs/b``
"""

from absl import flags

from experiments.settings import run_main

_WORKDIR = flags.DEFINE_string("workdir", None, "folder for everything the evaluation writes", required=True)


def main(config) -> None:
    """Runs the evaluation, or resumes it."""
    from experiments.jobs import run_evaluate  # imports JAX: wrong flags fail before that

    finished = run_evaluate(config, _WORKDIR.value)
    print(f"{'result' if finished else 'stopped; checkpoints'} in {_WORKDIR.value}")


if __name__ == "__main__":
    run_main(main)
