"""The page of running work directories, and the server that hands it out."""

import http.client
import json
import signal
import subprocess
import sys
import threading

import pytest

from dartsx.report import RunError
from dartsx.report.live import ago, read_live
from dartsx.report.server import ADDRESS, open_server
from dartsx.report.watching import watch_page


@pytest.fixture
def running(search_run):
    """A search after three of twenty epochs, whose logs end in half a line."""
    path = search_run("running", status="running")
    (path / "config.json").write_text(json.dumps({"search": {"epochs": 20}}))
    rows = [{"step": 10 * e, "epoch": e, "seconds": 2.0 * e} for e in (1, 2, 3)]
    (path / "timing.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("metrics", "genotypes", "timing"):
        with (path / f"{name}.jsonl").open("a") as file:
            file.write('{"epoch": 4, "spl')
    (path / "result.json").unlink()
    return path


@pytest.fixture
def ask(running):
    """Asks a server of the folder for a path; gives the status and the page."""
    with open_server(lambda run: watch_page([running.parent], run), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def get(path, host=ADDRESS):
            connection = http.client.HTTPConnection(ADDRESS, server.server_address[1], timeout=20)
            connection.request("GET", path, headers={"Host": f"{host}:{server.server_address[1]}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        yield get
        server.shutdown()


def test_a_run_is_read_while_it_is_written(running):
    run = read_live(running)
    assert (run.problem, run.status, run.done, run.epochs) == ("", "running", 3, 20)
    assert run.seconds_left == pytest.approx(4.0 * 17)  # epochs took 2, 4 and 6 s
    assert run.architecture is not None and len(run.metrics) == 12
    assert [ago(s) for s in (12, 600, 7500)] == ["12 s", "10 min", "2 h 5 min"]


def test_the_page_shows_progress_curves_and_cells_and_looks_again(ask, running):
    status, page = ask("/")
    assert status == 200 and "3 of 20" in page and "68 s" in page and "running" in page
    assert 'aria-label="loss: train' in page and 'aria-label="Normal cell"' in page
    assert "setInterval" in page and 'http-equiv="refresh"' in page


def test_a_damaged_log_is_said_and_other_runs_stay(ask, running, search_run):
    search_run("other")
    (running / "metrics.jsonl").write_text("no json\n")
    _, page = ask("/")
    assert "metrics.jsonl, line 1" in page and "other" in page


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/run.json", "/?run=/etc/passwd", "/?run=../other", "//etc/passwd"]
)
def test_no_request_leads_to_a_file(ask, path):
    assert ask(path) == (404, "No such run.")


def test_only_names_of_this_machine_are_answered(ask):
    assert ask("/", host="elsewhere.example")[0] == 403


def test_one_run_can_be_asked_for(ask, running, search_run):
    other = search_run("other")
    status, page = ask(f"/?run={other}")
    assert status == 200 and f"<h2>{other}</h2>" in page and f"<h2>{running}</h2>" not in page


def test_a_port_in_use_is_named():
    with open_server(lambda run: "", 0) as server:
        port = server.server_address[1]
        with pytest.raises(RunError, match=f"--port={port}: the port is in use on 127.0.0.1; name another, or 0"):
            open_server(lambda run: "", port)


def test_ctrl_c_ends_it_cleanly(running):
    command = [sys.executable, "-m", "dartsx", "watch", str(running.parent), "--port=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "") and "ended" in output
