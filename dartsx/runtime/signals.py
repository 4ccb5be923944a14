"""A polite stop: signals of people and schedulers raise a flag that the loop reads between chunks."""

import os
import signal
import socket
import threading
from types import FrameType

import jax
import numpy as np

# Of kill and ctrl-C, and of schedulers whose time is up (Slurm's --signal, SGE, LSF; a closed terminal). Windows has
# only the first two.
_SIGNALS = ("SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGHUP")


GRACE = 5.0  # seconds that a second Ctrl-C leaves Python to end by itself, which a compilation would not let it
INTERRUPTED = 130  # exit status, as shells say it of a process that SIGINT has ended


class StopRequest:
    """Context manager that turns signals that ask for an end into a flag.

    The first signal sets the flag, so that the loop can save and leave; of a SIGINT (ctrl-C) it says so at once. A
    second SIGINT raises ``KeyboardInterrupt``, and ends the process where that cannot be heard, as during a
    compilation. The handlers that were there before are put back on
    exit; where they are those of another request, what it was asked counts here too. Outside the
    main thread Python allows no handlers: there the flag can only be set by ``request``.

    Example::

        with StopRequest() as stop:
            while not done:
                state = run_chunk(state)
                if stop.agreed():
                    checkpointer.save(...)
                    break
    """

    def __init__(self) -> None:
        self._name: str | None = None
        self._old: dict[int, object] = {}
        self._listener: _Listener | None = None

    @property
    def requested(self) -> bool:
        """Whether this process was asked to stop."""
        return self._name is not None

    @property
    def signal_name(self) -> str | None:
        """Name of the first signal, such as ``"SIGTERM"``, or None."""
        return self._name

    def request(self, name: str = "request") -> None:
        """Asks for a stop from inside the program."""
        self._name = self._name or name

    def agreed(self) -> bool:
        """Whether any process of the run was asked to stop.

        With several processes this is a collective call that all must make at the same step:
        signals arrive at slightly different times, and a process that leaves alone would hang the
        others.
        """
        if jax.process_count() == 1:
            return self.requested
        from jax.experimental import multihost_utils

        flags = multihost_utils.process_allgather(np.asarray(self.requested))
        if np.any(flags):
            self.request("SIGTERM in another process")
        return self.requested

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]:
                if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                    self._old[number] = signal.signal(number, self._handle)
            self._listener = _Listener.opened()
        for handler in self._old.values():
            outer = getattr(handler, "__self__", None)
            if isinstance(outer, StopRequest) and outer.requested:
                self.request(outer.signal_name)
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for number, handler in self._old.items():
            # None stands for a handler that was not installed from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._old.clear()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.requested:
            raise KeyboardInterrupt
        self.request(signal.Signals(number).name)


class _Listener:
    """A thread that hears signals while the main thread is deep in compiled code, where Python runs no handlers.

    Python writes the number of each signal to a socket (`signal.set_wakeup_fd`).
    """

    def __init__(self, ears: socket.socket, mouth: socket.socket):
        self._ears, self._mouth = ears, mouth
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @classmethod
    def opened(cls) -> "_Listener | None":
        """One for the outermost request of the main thread; None where somebody listens already."""
        ears, mouth = socket.socketpair()
        mouth.setblocking(False)
        before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        if before == -1:
            return cls(ears, mouth)
        signal.set_wakeup_fd(before)
        ears.close()
        mouth.close()
        return None

    def close(self) -> None:
        """Stops listening."""
        signal.set_wakeup_fd(-1)
        self._closed.set()
        self._mouth.close()  # which ends the thread's waiting
        self._thread.join()
        self._ears.close()

    def _listen(self) -> None:
        heard = 0
        while number := self._ears.recv(1):
            heard += number[0] == signal.SIGINT
            if number[0] == signal.SIGINT and heard == 1:
                _say("Ctrl-C: saving, then leaving; once more ends at once")
            elif heard > 1 and not self._closed.wait(GRACE):
                _say("ended without saving")
                os._exit(INTERRUPTED)


def _say(line: str) -> None:
    """Writes to standard error, past Python's buffers, which the main thread may be writing to."""
    os.write(2, f"{line}\n".encode())
