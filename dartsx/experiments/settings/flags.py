"""How every entry point starts: read flags, call ``main``, answer wrong input by one message."""

import math
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from absl import app, flags, logging

from dartsx.experiments.piped import piped
from dartsx.experiments.settings.command_line import DEFAULT, CommandLine, parse_config
from dartsx.experiments.settings.errors import SettingsError
from dartsx.experiments.settings.stopping import command
from dartsx.experiments.settings.surroundings import STATUS, explain
from dartsx.progress import QUIET

flags.disclaim_key_flags()  # --help of an entry point then lists --config

# Errors that speak to the user, and the exit status each leads to. By name, since importing their
# modules imports JAX: an error whose module nobody imported cannot have been raised.
_FOR_THE_USER = {
    ("dartsx.experiments.settings.errors", "SettingsError"): 2,
    ("dartsx.spaces.errors", "GenotypeError"): 2,
    ("dartsx.spaces.errors", "SpaceError"): 2,
    ("dartsx.data.prepared", "WrongFormatError"): 2,
    ("dartsx.export.errors", "ExportError"): 2,
    ("dartsx.report.errors", "RunError"): 2,
    ("dartsx.tabular.files", "TableError"): 2,
    ("dartsx.runtime.checkpoints", "CheckpointError"): 2,
    ("dartsx.runtime.checkpoints", "CheckpointMismatchError"): 2,
    ("dartsx.runtime.distributed", "DistributedError"): 2,
    ("dartsx.runtime.mesh", "MeshError"): 2,
    ("dartsx.runtime.same_run", "WorkdirError"): 2,
    ("dartsx.runtime.guard", "NonFiniteError"): 1,
    ("dartsx.experiments.trials.executor", "ExecutorError"): 2,
}


REQUIRED = ""
INTERRUPTED = 130  # as shells say it of a process that SIGINT has ended


def run_main(main: Callable[..., None], config: str | None = DEFAULT, workdir: str | None = None) -> None:
    """Run an entry point: ``if __name__ == "__main__": run_main(main)``.

    Flags other than ``--config`` are absl's: define them beside ``main``. Wrong input, found here
    or raised by ``main``, is printed to stderr without a traceback; the exit status is then 2 (1 if
    the loss was not finite). Faults of the surroundings, such as a full disk, are said in one line;
    the exit status is 1. Any other exception is a defect and keeps its traceback. An
    interrupted entry point says how to go on; ``--quiet`` shows no progress.

    Args:
      main: gets the config with its overrides, or without config the positional arguments.
      config: default of ``--config``, a file name in ``dartsx/configs``; None for an entry point that
        has none.
      workdir: default of ``--workdir``, which ``main`` then gets as its second argument; REQUIRED
        for one that must be given, None for an entry point that has none.
    """
    _define(config, workdir)
    given: list[CommandLine] = []

    def parse(argv: Sequence[str]) -> Any:
        try:
            if config is None:
                return flags.FLAGS(list(argv))[1:]
            given.append(parse_config(argv, config))
            _refuse_arguments(flags.FLAGS(list(given[0].rest))[1:])
            return given[0].config
        except (SettingsError, flags.Error) as error:
            _stop(error, 2, given)

    def guarded(argument: Any) -> None:
        _calm_libraries()
        folder = "" if workdir is None else flags.FLAGS.workdir
        if flags.FLAGS.quiet:
            os.environ[QUIET] = "1"  # of this process and of those that it starts
        try:
            main(argument, *([] if workdir is None else [folder]))
        except KeyboardInterrupt:
            print(f"\ninterrupted; the same command goes on from what is saved:\n  {command()}", file=sys.stderr)
            sys.exit(INTERRUPTED)
        except Exception as error:
            status, fault = exit_status(error), explain(error, folder)
            if status is not None:
                _stop(error, status, given)
            if fault is None:
                raise
            _leave(fault)

    with piped():
        app.run(guarded, flags_parser=parse)


def check_needed(needed: flags.FlagHolder, *given: flags.FlagHolder) -> None:
    """Checks that flags which mean nothing without another one are given with it alone.

    Raises:
      SettingsError: one stands on the command line without it.
    """
    for flag in given:
        if flag.present and not needed.value:
            raise SettingsError(f"--{flag.name} needs --{needed.name}")


def check_finite(*given: flags.FlagHolder) -> None:
    """Checks flags that are numbers, or None: bounds let not-a-number pass.

    Raises:
      SettingsError: one is not finite.
    """
    for flag in given:
        if flag.value is not None and not math.isfinite(flag.value):
            raise SettingsError(f"--{flag.name}={flag.value}: must be a finite number")


def _define(config: str | None, workdir: str | None) -> None:
    """Defines the flags that entry points share; arguments as of `run_main`."""
    if workdir is not None:
        text = "folder for everything that is written"
        flags.DEFINE_string("workdir", workdir or None, text, required=workdir == REQUIRED)
    if config is not None:
        text = "config file; its fields are set by --config.FIELD=VALUE"
        flags.DEFINE_string("config", None, f"{text} (default: {config.removesuffix('.py')})")
    flags.DEFINE_bool("quiet", False, "no progress: results, warnings and errors alone")


def _calm_libraries() -> None:
    """Lets libraries tell only what is news to the user."""
    if not flags.FLAGS["verbosity"].present:
        logging.set_verbosity(logging.WARNING)  # Orbax tells of every file it writes
    warnings.showwarning = _show_warning
    threading.excepthook = _thread_failed
    logging.get_absl_handler().addFilter(_is_news)


def exit_status(error: Exception) -> int | None:
    """Exit status for an error that its message explains to the user; None for any other."""
    for kind in type(error).__mro__:
        status = _FOR_THE_USER.get((kind.__module__, kind.__name__))
        if status is not None:
            return status
    return None


def _leave(fault: str) -> NoReturn:
    """Ends at once: what libraries try at the end of a process would meet the same fault, and tell of it at length."""
    print(f"error: {fault}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STATUS)


_THREAD_FAILED = threading.excepthook


def _thread_failed(failure: Any) -> None:
    """Says nothing of a fault of the surroundings that a library's thread met: the main thread meets it too."""
    if explain(failure.exc_value) is None and "handle is closed" not in str(failure.exc_value):
        _THREAD_FAILED(failure)


def _is_news(record: Any) -> bool:
    """Whether a library's log entry says more than a fault of the surroundings, which the main thread meets too."""
    error = record.exc_info[1] if record.exc_info else None
    return error is None or explain(error) is None


_SHOW_WARNING = warnings.showwarning


def _show_warning(message: Warning, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
    """Says in one line what is meant for the user; of the others, meant for programmers, the code is named too."""
    if issubclass(category, UserWarning):
        print(f"warning: {message}", file=sys.stderr, flush=True)
    else:
        _SHOW_WARNING(message, category, filename, lineno, *rest)


def _refuse_arguments(arguments: Sequence[str]) -> None:
    if arguments:
        raise SettingsError(f"unexpected argument {arguments[0]!r}: flags are written --name=value")


def _stop(error: Exception, status: int, given: Sequence[CommandLine]) -> None:
    field = getattr(error, "field", None)
    # A field that is wrong before the command line is read can only come from there.
    origin = given[0].origin(field) if given and field else "the command line"
    print(f"error: {error}" + (f" (from {origin})" if field else ""), file=sys.stderr)
    sys.exit(status)
