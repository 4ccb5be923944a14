"""Trains the network of a genotype, or one that has a name, from scratch.

``dartsx evaluate --config=cifar10 --config.genotype=runs/a --workdir=runs/b``
``dartsx evaluate --config=cifar10 --config.network=resnet18_cifar --workdir=runs/c``
"""

from dartsx.experiments.settings import REQUIRED, run_main, stopped


def main(config, workdir: str) -> None:
    """Runs the evaluation, or resumes it."""
    from dartsx.experiments.jobs import run_evaluate  # imports JAX: wrong flags fail before that

    finished = run_evaluate(config, workdir)
    print(f"result in {workdir}" if finished else stopped(workdir))


if __name__ == "__main__":
    run_main(main, workdir=REQUIRED)
