import os
import signal
import subprocess
import sys
import threading

import pytest

from dartsx.runtime import StopRequest


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGXCPU, signal.SIGHUP])
def test_signal_sets_the_flag_and_handlers_come_back(number):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.requested and not stop.agreed()
        send(number)
        assert stop.requested and stop.agreed()
        assert stop.signal_name == signal.Signals(number).name
    assert signal.getsignal(number) is before


def test_what_was_asked_of_the_request_around_counts():
    with StopRequest() as outer:
        with StopRequest() as before:
            assert not before.requested
        send(signal.SIGTERM)
        with StopRequest() as inner:
            assert inner.requested and inner.signal_name == "SIGTERM"
    assert outer.requested


def test_second_interrupt_raises():
    with StopRequest() as stop:
        send(signal.SIGINT)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_second_sigterm_stays_polite():
    with StopRequest() as stop:
        send(signal.SIGTERM)
        send(signal.SIGTERM)
        assert stop.signal_name == "SIGTERM"


def test_other_threads_can_use_the_flag():
    seen = []

    def work():
        with StopRequest() as stop:
            stop.request()
            seen.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]


DEAF = """
import hashlib
from dartsx.runtime import StopRequest, signals
signals.GRACE = 0.1
with StopRequest():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # minutes of compiled code, as a compilation is
"""


def test_ctrl_c_is_answered_at_once_and_twice_ends_even_a_compilation():
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == "Ctrl-C: saving, then leaving; once more ends at once\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "ended without saving\n")


def test_nobody_listens_for_signals_once_the_outermost_request_is_over():
    with StopRequest():
        with StopRequest():
            pass
        inside = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(inside)
        assert inside != -1
    assert signal.set_wakeup_fd(-1) == -1
