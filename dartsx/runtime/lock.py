"""A lock on a folder that dies with the process that holds it."""

import os
import pathlib
import socket
import warnings

try:
    import fcntl
except ImportError:  # Windows: runs work, but nothing keeps two of them apart
    fcntl = None

LOCK_NAME = ".lock"


class Locked:
    """A lock that is held until ``release``, or until the process ends in whatever way."""

    def __init__(self, descriptor: int):
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Lets go; doing so twice is allowed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def lock_folder(folder: str | os.PathLike) -> Locked | str:
    """Takes the lock of a folder without waiting.

    The lock is that of the operating system on the file ``.lock`` (``flock``), so that one left
    behind by a killed process means nothing. Where the file system knows no locks, a warning is
    given instead.

    Args:
      folder: an existing folder.

    Returns:
      The lock, or, if another holds it, who that is: ``"process 123 on host"``.
    """
    path = pathlib.Path(folder) / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 200).decode("utf-8", "replace").strip()
        os.close(descriptor)
        return holder or "another process"
    except OSError as error:
        warnings.warn(f"{path} cannot be locked ({error}); do not start two runs here", stacklevel=2)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    return Locked(descriptor)
