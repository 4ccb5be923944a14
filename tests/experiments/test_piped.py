"""Programs whose output another program stops reading."""

import os
import subprocess
import sys

import pytest

from dartsx.experiments.piped import PIPE_CLOSED


@pytest.mark.parametrize("arguments", [["--help"], ["spaces", "--spaces=nb201"]])
def test_a_reader_that_leaves_ends_a_command_without_a_word(arguments):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "dartsx", *arguments], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (PIPE_CLOSED, b"")


def test_the_fault_of_another_pipe_is_not_hidden():
    code = "from dartsx.experiments.piped import piped\nwith piped():\n    raise BrokenPipeError('of a socket')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "of a socket" in done.stderr
