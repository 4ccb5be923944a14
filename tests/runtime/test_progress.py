import io

import pytest

from dartsx.runtime import Progress
from dartsx.runtime import progress as progress_module


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when told."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    return clock


def test_plain_output_is_one_line_per_epoch(clock):
    stream = io.StringIO()
    with Progress(3, 10, "search digits", stream=stream) as progress:
        with progress.compiling("search step"):
            clock.now += 12.5
        for step in (5, 10):
            clock.now += 1
            progress.update(step, loss=2.0)
        progress.epoch(1, train_loss=1.25, valid_accuracy=0.5)
    assert stream.getvalue().splitlines() == [
        "search digits: compiling search step ...",
        "search digits: compiled search step in 12.5 s",
        "search digits: epoch 1/3  train_loss 1.25  valid_accuracy 0.5  5.0 steps/s  0:00:04 left",
    ]


def test_compilation_does_not_slow_the_rate(clock):
    with Progress(1, 100, "x", stream=io.StringIO()) as progress:
        with progress.compiling("step"):
            clock.now += 60
        clock.now += 2
        progress.update(20)
        assert progress.steps_per_second == pytest.approx(10)
        assert progress.seconds_left == pytest.approx(8)


def test_resumed_run_counts_its_own_steps_only(clock):
    with Progress(10, 100, "x", start_step=500, stream=io.StringIO()) as progress:
        assert progress.seconds_left is None
        clock.now += 5
        progress.update(550)
        assert progress.steps_per_second == pytest.approx(10)
        assert progress.seconds_left == pytest.approx(45)


def test_terminal_shows_bar_figures_and_epoch_lines():
    stream = io.StringIO()
    with Progress(2, 10, "search digits", stream=stream, terminal=True) as progress:
        with progress.compiling("search step"):
            pass
        progress.update(7, loss=1.5, entropy=2.07)
        progress.epoch(1, train_loss=1.25)
    shown = stream.getvalue()
    assert "search digits: compiled search step in" in shown
    assert "epoch 1/2" in shown and "train_loss 1.25" in shown


def test_failed_compilation_is_not_reported_as_done(clock):
    stream = io.StringIO()
    with (
        pytest.raises(ValueError, match="boom"),
        Progress(1, 1, "x", stream=stream) as progress,
        progress.compiling("step"),
    ):
        raise ValueError("boom")
    assert "compiled" not in stream.getvalue()


def test_other_processes_stay_silent():
    stream = io.StringIO()
    with Progress(1, 1, "x", stream=stream, enabled=False) as progress:
        progress.update(1, loss=1.0)
        progress.epoch(1, loss=1.0)
    assert stream.getvalue() == ""
