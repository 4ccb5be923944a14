"""Faults of the surroundings, which no change of the program mends: said in one line, with what to do.

They come from many libraries, some of which wrap the operating system's error or only quote it, so the causes of an
error are searched, and its words where it carries no number.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator

STATUS = 1  # as for any run that began and could not end
_AGAIN = "then run the same command again: it goes on from its last checkpoint"
_ADVICE = {
    errno.ENOSPC: f"free space, {_AGAIN}",
    errno.EDQUOT: f"free space or raise the quota, {_AGAIN}",
    errno.EFBIG: f"raise the limit on file sizes, {_AGAIN}",
    errno.EROFS: "choose a folder on a file system that can be written to",
    errno.EACCES: "change its permissions or choose another path",
    errno.EPERM: "change its permissions or choose another path",
    errno.EIO: f"see to the disk, {_AGAIN}",
    errno.ESTALE: f"see to the network file system, {_AGAIN}",
    errno.EMFILE: f"raise the limit on open files (ulimit -n), {_AGAIN}",
    errno.ENFILE: f"close other programs' files, {_AGAIN}",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "choose a path whose folders are folders",
    errno.ELOOP: "choose a path without links that lead to themselves",
    errno.ENOMEM: f"free memory or make the run smaller, {_AGAIN}",
}
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
# What libraries write where they pass no error number on.
_WORDS = {
    r"No space left on device": errno.ENOSPC,
    r"Disk quota exceeded": errno.EDQUOT,
    r"Read-only file system": errno.EROFS,
    r"Permission denied|PERMISSION_DENIED": errno.EACCES,
    r"Too many open files": errno.EMFILE,
    r"Stale (NFS )?file handle": errno.ESTALE,
}
_MEMORY = re.compile(r"RESOURCE_EXHAUSTED|[Oo]ut of memory|failed to allocate")


def explain(error: BaseException, folder: str = "") -> str | None:
    """Return what to say of an error that the surroundings caused; None for any other.

    Args:
      error: with whatever it was raised from or while handling.
      folder: where the run writes, for errors that name no file.
    """
    if isinstance(error, OSError) and error.errno is None:
        return str(error)  # said by the project or a library in words of its own
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in _ADVICE:
            return _file(cause.errno, _place(cause, folder))
    for cause in chain:
        text = str(cause)
        for words, number in _WORDS.items():
            if re.search(words, text):
                return _file(number, folder or "the disk")
        if isinstance(cause, FileNotFoundError) and "temporary directory" in text:
            return f"{text}; let TMPDIR name a folder that exists and can be written to"
        if isinstance(cause, MemoryError) or (isinstance(cause, RuntimeError) and _MEMORY.search(text)):
            return (
                f"memory is exhausted ({_first_line(text) or 'of this machine'}); make the batch or the network "
                "smaller, or let less be kept by --config.search.remat=branch or --config.evaluate.remat=cell"
            )
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, then what it was raised from, or while handling: the first cause comes last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _file(number: int, place: str) -> str:
    verb = "write to" if number in _OF_WRITING else "use"
    return f"cannot {verb} {place}: {os.strerror(number)}; {_ADVICE[number]}"


def _place(error: OSError, folder: str) -> str:
    name = error.filename2 or error.filename
    return os.fsdecode(name) if isinstance(name, str | bytes) else folder or "the disk"


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:200]
