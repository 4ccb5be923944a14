"""Output that is read by another program, which may stop reading."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Iterator

PIPE_CLOSED = 1  # as Rich, which prints tables, ends such a program


@contextlib.contextmanager
def piped() -> Iterator[None]:
    """Ends the program without a word where whoever reads its output, such as ``head``, has left."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_left():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at the end
        sys.exit(PIPE_CLOSED)


def _reader_left() -> bool:
    """Whether standard output is a pipe whose other end is closed; another pipe's fault is a defect."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
