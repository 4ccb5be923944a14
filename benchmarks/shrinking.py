"""Progressive shrinking on handwritten digits, phase by phase: ``python -m benchmarks.shrinking``.

Trains a small once-for-all network (`SPACE`: two stages of one or two blocks, kernels 3, 5, expansions 2, 3, 4) by
the method ``ofa`` with transformed kernels and images of two sizes, and after each phase evaluates four networks by the
statistics of batches, on the half of the training images that trains no weights: the largest one, that of the smallest
kernels, that of the smallest depths besides, and the smallest of all.
"""

from __future__ import annotations

import argparse
import sys
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
from dartsx.runtime import Unrecorded, make_mesh, record_run_info
from dartsx.search import Plan, Search, SearchResult
from dartsx.search.methods.ofa import PHASES, opened
from dartsx.search.plan import Weights
from dartsx.search.stages import run_stages
from dartsx.spaces import DescribedSpace, Scale
from dartsx.spaces.chains.backbone import Stage, positions
from dartsx.spaces.chains.ofa import elastic

NETWORKS = {"largest": (), "kernel 3": ("kernel",), "and depth 1": ("kernel", "depth")}
NETWORKS["and expansion 2"] = ("kernel", "depth", "expansion")


def write(scale: Scale) -> Network:
    """Stem, two elastic stages, classifier."""
    stages = positions((Stage(8, 2, 1), Stage(16, 2, 2)), Scale(stem="imagenet"))
    body = tuple((elastic(stage, None, "relu", (1, 2), (3, 5), (2, 3, 4)),) for stage in stages)
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


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Accuracies of the networks after each phase."""
    dataset, mesh = load_dataset("digits"), make_mesh()
    examples = image_examples(dataset.train, dataset, AugmentPolicy(crop_padding=1, flip=False), "float32", mesh)
    plan = Plan(
        SPACE,
        dataset.num_classes,
        "ofa",
        {"ofa": {"resolutions": arguments.resolutions}},
        epochs=arguments.epochs,
        batch_size=32,
        sharing="transformed",
        weights=Weights(learning_rate=0.05, learning_rate_min=0.0),
        chunk_steps=22,
    )
    search, rows = Search(plan, examples, arguments.seed, mesh), []
    valid = search.halves["valid"]
    compared, objective = valid[: len(valid) // 32 * 32].reshape(-1, 32), shared_weights(search)
    chosen = [SPACE.derive(_smallest(kinds)) for kinds in NETWORKS.values()]

    def after(stage: Search, result: SearchResult) -> None:
        scores = objective(result.state._replace(memory={}), compared)(chosen)
        rows.append([100 * score[SCORE.name] for score in scores])
        print(rows[-1], file=sys.stderr, flush=True)

    start = time.perf_counter()
    after(search, run_stages(search, Unrecorded(), "digits", after))
    seconds = time.perf_counter() - start
    macs = [SPACE.network(one).macs(12) for one in chosen]
    given = {name: getattr(arguments, name) for name in ("epochs", "resolutions", "seed")}
    about = {"dartsx": record_run_info()}
    return {**given, "networks": list(NETWORKS), "macs": macs, "accuracies": rows, "seconds": seconds, "about": about}


def _smallest(kinds: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The mixture of the smallest options of decisions of these kinds, of the largest of all others."""
    rows = opened(SPACE, (1, 1, 1))
    for row, (name, decision) in enumerate(SPACE.decisions.items()):
        if name.rpartition("/")[2] in kinds:
            smallest = min(range(len(decision.options)), key=lambda i, options=decision.options: int(options[i]))
            rows["decisions"][row] = np.arange(rows["decisions"].shape[1]) == smallest
    return rows


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    phases = ["kernels {}, depths {}, expansions {}; {} paths".format(*phase.opened, phase.paths) for phase in PHASES]
    rows = [("multiply-adds", *(f"{macs:,}" for macs in result["macs"]))]
    found = zip(phases, result["accuracies"], strict=True)
    rows += [(phase, *(f"{accuracy:.1f}" for accuracy in accuracies)) for phase, accuracies in found]
    title = f"validation accuracy (%) after each phase; {result['epochs']} epochs, {result['seconds']:.0f} s"
    return records.rows_table(rows, ("options open", *result["networks"]), title)


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    records.finish(arguments, f"shrinking-digits-{arguments.epochs}epochs", result, table(result))


if __name__ == "__main__":
    main()
