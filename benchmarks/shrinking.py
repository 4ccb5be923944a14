"""Progressive shrinking on handwritten digits, with networks evaluated after each phase: ``python -m benchmarks.shrinking``.

Trains a small once-for-all network (`SPACE`: two stages of two to four blocks, kernels 3, 5, 7, expansions 3, 4, 6) by
the method ``ofa`` with transformed kernels, and after each phase evaluates four networks by the statistics of batches on
the half of the training images that trains no weights: the largest, the smallest kernels alone, the smallest depths
besides, and the smallest of everything.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks import records
from dartsx.catalog import AugmentPolicy
from dartsx.data import load_dataset
from dartsx.feeds import image_examples
from dartsx.networks import Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.objectives.shared_weights import SCORE, shared_weights
from dartsx.runtime import make_mesh, open_workdir, record_run_info
from dartsx.search import Plan, Search, SearchResult
from dartsx.search.methods.ofa import PHASES, opened
from dartsx.search.plan import Weights
from dartsx.search.stages import run_stages
from dartsx.spaces import DescribedSpace, Scale
from dartsx.spaces.chains.backbone import Stage, positions
from dartsx.spaces.chains.ofa import elastic

NETWORKS = {"largest": (), "kernel 3": ("kernel",), "and depth 2": ("kernel", "depth")}
NETWORKS["and expansion 3"] = ("kernel", "depth", "expansion")


def write(scale: Scale) -> Network:
    """Stem, two elastic stages, classifier."""
    stages = positions((Stage(8, 4, 1), Stage(16, 4, 2)), Scale(stem="imagenet"))
    body = tuple((elastic(stage, None, "relu"),) for stage in stages)
    return Network("digit_ofa", (ConvNorm(8, 3),), body, (Classifier(scale.classes),), "an example", scale.pixels)


SPACE = DescribedSpace(write, Scale(image_size=12))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shrinking",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--epochs", type=int, default=60, help="in all phases together")
    parser.add_argument("--resolutions", default="8,12", help="sides of the images")
    parser.add_argument("--seed", type=int, default=0)
    records.add_output(parser)
    return parser.parse_args()
