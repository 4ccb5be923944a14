"""Searches for cells: ``python -m experiments.search --config=configs/cifar10.py --workdir=runs/a``."""

from absl import flags

from experiments.settings import run_main

_WORKDIR = flags.DEFINE_string("workdir", None, "folder for everything the search writes", required=True)


def main(config) -> None:
    """Runs the search, or resumes it."""
    from experiments.jobs import run_search  # imports JAX: wrong flags fail before that

    finished = run_search(config, _WORKDIR.value)
    print(f"{'genotype' if finished else 'stopped; checkpoints'} in {_WORKDIR.value}")


if __name__ == "__main__":
    run_main(main)
