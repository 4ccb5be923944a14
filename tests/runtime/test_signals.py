import os
import signal
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
