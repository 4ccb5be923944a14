"""Faults of the surroundings end a run in one line that says what to do, and the same command goes on."""

import errno
import os
import subprocess
import sys

import pytest

from dartsx.experiments.settings.surroundings import explain
from dartsx.runtime import MeshError, check_devices


def raised(error, cause=None):
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, "x", "run/metrics.jsonl"),
            "cannot write to run/metrics.jsonl: No space left on device; free",
        ),
        (OSError(errno.ENOSPC, "x"), "cannot write to FOLDER: No space"),
        (OSError(errno.EDQUOT, "x"), "Disk quota exceeded; free space or raise the quota"),
        (PermissionError(errno.EACCES, "x", "/a"), "cannot use /a: Permission denied; change its permissions"),
        (OSError(errno.EROFS, "x", "/a"), "cannot write to /a: Read-only file system"),
        (OSError(errno.EMFILE, "x"), "Too many open files; raise the limit on open files"),
        (
            ValueError('RESOURCE_EXHAUSTED: Error writing "x": [OS error 28: ENOSPC No space left on device]'),
            "No space",
        ),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in []"), "let TMPDIR name a folder"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 5 bytes"), "memory is exhausted"),
        (MemoryError(), "memory is exhausted"),
    ],
)
def test_a_fault_is_explained_whatever_it_is_wrapped_in(error, words):
    assert words in explain(error, "FOLDER")
    assert words in explain(raised(ValueError("a library says"), raised(error)), "FOLDER")
    assert "\n" not in explain(error, "FOLDER")


def test_an_error_in_words_of_its_own_is_passed_on():
    assert explain(OSError("digits cannot be prepared in /x")) == "digits cannot be prepared in /x"


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("no"), FileNotFoundError(errno.ENOENT, "x", "y"), TypeError()]
)
def test_defects_stay_defects(error):
    assert explain(error, "FOLDER") is None


def test_a_missing_device_is_named(monkeypatch):
    def nothing():
        raise AssertionError

    monkeypatch.setattr("jax.devices", nothing)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(MeshError, match="JAX finds no device: .*JAX_PLATFORMS='cuda'"):
        check_devices()


FULL = """
import errno, os, runpy
from dartsx.runtime import Checkpointer

def save(self, *arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), {place!r})

if {full}:
    Checkpointer.save = save
runpy.run_module("experiments.search", run_name="__main__", alter_sys=True)
"""


def test_a_full_disk_ends_in_one_line_and_the_same_command_goes_on(tmp_path, tiny_search):
    place = str(tmp_path / "run")

    def run(full):
        code = FULL.format(place=place, full=full)
        command = [sys.executable, "-c", code, *tiny_search, f"--workdir={place}"]
        return subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)

    failed = run(True)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    (line,) = [line for line in failed.stderr.splitlines() if line.startswith("error")]
    assert line.startswith(f"error: cannot write to {place}: No space left on device; free space, then run the same")
    assert run(False).returncode == 0
