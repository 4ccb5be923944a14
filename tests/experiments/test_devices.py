"""A search is the same on one device, on eight, and in two processes."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

TOLERANCE = 1e-5
SEPARABLE = "--config.space.primitives=('none','avg_pool_3x3','sep_conv_3x3')"

# Five steps on each number of devices, and the states that they lead to.
ON_EMULATED_DEVICES = """
import os, sys
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
import jax, numpy as np
from dartsx.runtime import Workdir, make_mesh, put_replicated, run_loop
from experiments.jobs.search import SearchJob
from experiments.jobs.setup import load_checked
from experiments.settings import parse_config, search_settings
import pathlib

assert jax.device_count() == 8
folder = pathlib.Path(sys.argv[1])
settings = search_settings(parse_config(["search", *sys.argv[2:]]).config)
for devices in (1, 8):
    workdir = Workdir(folder / str(devices), resumed=False, finished=False, primary=True)
    job = SearchJob(settings, load_checked(settings), make_mesh(devices))
"""


def records(workdir, name):
    return [json.loads(line) for line in (workdir / name).read_text().splitlines()]
