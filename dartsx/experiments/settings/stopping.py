"""What a command says when it was stopped: how to go on."""

import pathlib
import shlex
import sys


def command() -> str:
    """The command line of this process, as one would type it."""
    words = list(sys.orig_argv)
    if len(words) > 1 and pathlib.Path(words[1]).name == "dartsx":  # the interpreter of an installed command
        words = ["dartsx", *words[2:]]
    return shlex.join(words)


def stopped(workdir: str) -> str:
    """What is said of a run that saved and left."""
    return f"stopped; what is done is saved in {workdir}. The same command resumes:\n  {command()}"
