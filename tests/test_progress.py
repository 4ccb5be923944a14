import io

import pytest

from dartsx import progress as progress_module
from dartsx.progress import Progress, tracked, working


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


def test_tracked_work_leaves_a_line_every_ten_seconds_with_the_time_left(clock):
    stream, items = io.StringIO(), []
    for item in tracked("abcdef", "report", stream=stream):
        items.append(item)
        clock.now += 6
    assert "".join(items) == "abcdef"
    assert stream.getvalue().splitlines() == ["report: 2/6  0:00:24 left", "report: 4/6  0:00:12 left"]


def test_work_of_unknown_length_is_told_if_it_took_long(clock):
    stream = io.StringIO()
    for seconds in (0.5, 3.25):
        with working("reading digits", stream=stream):
            clock.now += seconds
    assert stream.getvalue() == "reading digits: 3.2 s\n"


def test_quiet_shows_nothing_and_work_goes_on(monkeypatch):
    monkeypatch.setenv(progress_module.QUIET, "1")
    stream = io.StringIO()
    for terminal in (True, False):
        assert list(tracked([1, 2], "x", stream=stream, terminal=terminal)) == [1, 2]
        with Progress(1, 1, "x", stream=stream, terminal=terminal) as progress, progress.compiling("step"):
            progress.epoch(1, loss=1.0)
    assert stream.getvalue() == ""


def test_a_compilation_says_how_long_it_took_the_last_time_and_on_a_terminal_for_how_long_it_runs(clock):
    plain, shown = io.StringIO(), io.StringIO()
    with Progress(2, 5, "x", stream=plain) as progress, progress.compiling("5 steps", last=22.7):
        pass
    assert (
        plain.getvalue().startswith("x: compiling 5 steps (22.7 s the last time) ...\n")
        and "\x1b" not in plain.getvalue()
    )
    with Progress(2, 5, "x", stream=shown, terminal=True) as progress, progress.compiling("5 steps", last=22.7):
        clock.now += 7
        progress._bar.refresh()
    assert "(22.7 s the last time) 7 s" in shown.getvalue()
