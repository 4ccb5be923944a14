"""Runs one trial that another process wrote down: ``python -m dartsx.experiments.trials ROOT NAME``.

With ``--attached`` the standard input is a pipe from the process that started it, and this one ends with that.
"""

import os
import pathlib
import sys
import threading


def main(root: str, name: str, *options: str) -> None:
    """Runs the trial and writes its result down."""
    if "--attached" in options:
        threading.Thread(target=_end_with_the_other, daemon=True).start()
    from dartsx.experiments.trials.handover import hand_back, handed_over
    from dartsx.experiments.trials.work import run_trial

    folder = pathlib.Path(root)
    hand_back(folder, run_trial(handed_over(folder, name), folder / name))


def _end_with_the_other() -> None:
    """Ends at once where the other is gone, as if both were killed: what was saved is gone on with."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
