"""What the tests of whole commands share: how to run one, and a search that takes seconds."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 300


@pytest.fixture(scope="session")
def python():
    """Runs Python with these arguments in the repository's root; the finished process, output as text."""

    def run(*arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)

    return run


@pytest.fixture(scope="session")
def compilation_cache(tmp_path_factory):
    """The flag of a cache that all commands share, so that each program is compiled once."""
    return f"--config.compilation_cache={tmp_path_factory.mktemp('compiled')}"


@pytest.fixture(scope="session")
def tiny_search(compilation_cache):
    """Flags of a search of digits with all kinds of cell and hardly any weights: 22 steps an epoch, in two chunks."""
    return (
        compilation_cache,
        "--config.space.primitives=('none','skip_connect','avg_pool_3x3')",
        "--config.space.nodes=1",
        "--config.search.layers=3",
        "--config.search.channels=2",
        "--config.search.epochs=3",
        "--config.search.batch_size=32",
        "--config.search.chunk_steps=11",
    )
