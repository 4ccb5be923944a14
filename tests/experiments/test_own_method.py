"""A method of one's own searches from the command line: a function, and a declaration in one's own config file."""

import json
import os

METHOD = """
import dataclasses

def sharper(base, task, factor):
    def mixture(alpha, key, progress):
        return base.mixture({name: factor * rows for name, rows in alpha.items()}, key, progress)

    return dataclasses.replace(base, mixture=mixture)
"""
CONFIG = """
from dartsx.configs.digits import get_config
from dartsx.catalog import METHODS, Declaration, Option

METHODS["sharper"] = Declaration(options={"factor": Option(2.0, "what alphas are multiplied by")}, module="sharp")
"""


def test_it_searches_and_its_option_is_recorded(python, quick_flags, compilation_cache, tmp_path):
    (tmp_path / "sharp.py").write_text(METHOD)
    (tmp_path / "own.py").write_text(CONFIG)
    small = ("--config.space.nodes=1", "--config.search.channels=2", "--config.search.layers=1")
    short = ("--config.search.max_steps=2", "--config.search.chunk_steps=2", compilation_cache)
    primitives = "--config.space.primitives=('none','skip_connect')"
    method = ("--config.method=sharper", "--config.methods.sharper.factor=3", f"--config={tmp_path / 'own.py'}")
    command = ("-m", "experiments.search", f"--workdir={tmp_path / 'search'}", *method, *small, *short, primitives)
    paths = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    process = python(*command, XLA_FLAGS=quick_flags, PYTHONPATH=paths)
    assert process.returncode == 0, process.stderr
    config = json.loads((tmp_path / "search" / "config.json").read_text())
    assert config["methods"]["sharper"] == {"factor": 3.0}
    assert "sharper" in json.loads((tmp_path / "search" / "run.json").read_text())["method"]
