"""Searches for cells: ``python -m experiments.search --config=configs/cifar10.py --workdir=runs/a``."""

from experiments.settings import REQUIRED, run_main


def main(config, workdir: str) -> None:
    """Runs the search, or resumes it."""
    from experiments.jobs import run_search  # imports JAX: wrong flags fail before that

    finished = run_search(config, workdir)
    print(f"{'genotype' if finished else 'stopped; checkpoints'} in {workdir}")


if __name__ == "__main__":
    run_main(main, workdir=REQUIRED)
