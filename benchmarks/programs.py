"""Every kind of search step, compiled for machines that are not here: which compile, and which are refused.

    python -m benchmarks.programs --targets=h100,v5e-4 --log=programs.jsonl

Method x hypergradient x remat x space x dtype is too much to compile: combinations are taken so that every pair of
levels of two factors occurs, each time the one with most pairs that are left for its cost (seeded, see `covering`).
What a method sees of a described space is a table of decisions: its pairs with such spaces count as one. Methods that
act on the host alone, and spaces that differ from another one in sizes alone, are compiled once, with all other factors
at their first level. Supernets are tiny: one cell (four for lambda_darts), described spaces as in `thin`,
batch 8, images of 8x8 pixels (32x32 for auto_deeplab). Nothing is run.

  ok        compiled
  equal     its StableHLO is that of a program that was compiled
  refused   the project raised a ValueError before anything was compiled; pairs refused are found by asking again with
            all other factors at their first level
  failed    anything else, an abort of the compiler included

Programs are compiled one after another in a process that is replaced when it dies. The log is read at the start: what
it holds is not done again.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import pathlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import records, starts
from benchmarks.compilers import Compiler
from benchmarks.covering import Pair, Pairs, Row
from benchmarks.targets import TARGETS
from dartsx.catalog import DTYPES, HYPERGRADIENTS, METHODS, REMAT
from dartsx.spaces import SPACES, DescribedSpace

# Spaces that differ from another one in widths, or in the number of equal blocks.
SIZES = ("proxyless_search", "proxyless_gpu", "proxyless_cpu", "proxyless_mobile_1_4", "fbnet_a", "ofa_1_2")
SIZES += ("trilevel_x2", "trilevel_x4", "trilevel_small_x4", "auto_deeplab", "nas_fpn_small")
# Spaces of networks that do not classify images, and the configs that search them.
UPSCALING = "super_resolution"
CONFIGS = {"recurrent": "text", "auto_deeplab": "scenes", "auto_deeplab_scenes": "scenes"}
CONFIGS |= {name: UPSCALING for name in SPACES if name.startswith("trilevel_")}
FACTORS = {
    "method": tuple(name for name, method in METHODS.items() if not method.on_the_host),
    "hypergradient": tuple(HYPERGRADIENTS),
    "remat": REMAT,
    "space": tuple(name for name in SPACES if name not in SIZES),
    "dtype": DTYPES,
}
# How long programs take to compile, roughly, beside those of a first-order step on a few cells: cheap ones come first.
COSTS = {"finite_difference": 2.0, "exact": 3.0, "unrolled": 4.0, "neumann": 4.0, "conjugate_gradient": 4.0}
COSTS |= {"mnasnet": 6.0, "tunas": 4.0, "tunas_proxyless": 3.0, "mobilenet_v3": 3.0, "ofa": 3.0, "ofa_proxyless": 3.0}
FIRST = tuple(levels[0] for levels in FACTORS.values())
ALONE = [(name, *FIRST[1:]) for name in METHODS if name not in FACTORS["method"]]
ALONE += [(*FIRST[:3], name, FIRST[4]) for name in SIZES]
DESCRIBED = DescribedSpace.executor
MESH = {"v5e-4": 4}  # devices over which a batch is split, where it is not one
PIXELS = {"auto_deeplab": 32}  # a pixel at its lowest level; other spaces: 8
COUNTED = ("ok", "equal")
TRIES = 2  # combinations that may fail before a pair in all of them is given up


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.programs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", required=True, help=f"joined by commas: {', '.join(TARGETS)}")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("programs.jsonl"), help="what is done")
    parser.add_argument("--seed", type=int, default=0, help="of the order in which combinations are tried")
    parser.add_argument("--within", type=float, default=600, help="seconds for one program")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no program is begun")
    records.add_output(parser)
    arguments = parser.parse_args()
    arguments.targets = arguments.targets.split(",")
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"--targets: {', '.join(sorted(unknown))} not among {', '.join(TARGETS)}")
    return arguments


def request(target: str, row: Row) -> dict[str, Any]:
    """What the worker is asked for a combination; see `program.compiled`."""
    method, hypergradient, remat, space, dtype = row
    config = {
        "method": method,
        "hypergradient": hypergradient,
        "search.remat": remat,
        "space.name": f"benchmarks.thin:{space}" if SPACES[space].executor == DESCRIBED else space,
        "dtype": dtype,
        "search.batch_size": 8,
    }
    if CONFIGS.get(space) == UPSCALING:  # what those leave open depends on their width
        config["dataset.upscale"] = int(space.rpartition("_x")[2])
    else:
        config["search.channels"] = 4
    if SPACES[space].executor != DESCRIBED:
        config["search.layers"] = 4 if method == "lambda_darts" else 1  # which compares two normal cells
    if space == "darts":
        config["space.nodes"] = 2
    return {
        "target": target,
        "what": "search",
        "size": "config",
        "pixels": PIXELS.get(space, 8),
        "mesh": MESH.get(target, 1),
        "members": 1,
        "layout": None,
        "config": [
            f"--config={CONFIGS.get(space, 'digits')}",
            *(f"--config.{name}={value}" for name, value in config.items()),
        ],
    }


def counted(pair: Pair) -> Pair:
    """What a pair counts as: a method with one described space is a method with any of them."""
    (first, level), (second, other) = pair
    described = (first, second) == ("method", "space") and SPACES[other].executor == DESCRIBED
    return ((first, level), (second, DESCRIBED)) if described else pair


def row_of(entry: dict[str, Any]) -> Row:
    """The combination of an entry of the log."""
    return tuple(entry[name] for name in FACTORS)


class Survey:
    """The combinations of one target.

    Attributes:
      target: a key of `TARGETS`.
      pairs: what is still to be covered.
      entries: what became of each combination so far.
      closed: by status, how many pairs need no further combination.
    """

    def __init__(self, target: str, seed: int, done: list[dict[str, Any]]):
        self.target, self.pairs, self.entries = target, Pairs(FACTORS, seed, COSTS, counted), []
        self.closed: collections.Counter[str] = collections.Counter()
        self._failures: collections.Counter[Pair] = collections.Counter()
        self._built: dict[Row, dict[str, Any]] = {}
        for entry in done:
            self.add(entry)

    def add(self, entry: dict[str, Any]) -> None:
        """Takes note of what became of a combination."""
        self.entries.append(entry)
        row = row_of(entry)
        if row in ALONE:
            return
        self.pairs.take(row)
        pairs, status = self.pairs.of(row), entry["status"]
        if status in COUNTED:
            self.closed["compiled"] += self.pairs.close(pairs)
        elif status == "refused":
            self.closed["refused"] += sum(self.pairs.forbid(map(tuple, levels)) for levels in entry["because"])
        else:
            self._failures.update(pairs)
            given_up = [pair for pair in pairs if self._failures[pair] == TRIES and self.pairs.left(pair)]
            self.closed["failed"] += sum(map(self.pairs.forbid, given_up))

    def run(self, compiler: Compiler) -> Iterator[dict[str, Any]]:
        """Goes through the combinations that are left."""
        while (row := self.pairs.next() or self._alone()) is not None:
            entry = {"target": self.target, **dict(zip(FACTORS, row, strict=True))} | self._outcome(compiler, row)
            self.add(entry)
            yield entry

    def _alone(self) -> Row | None:
        done = set(map(row_of, self.entries))
        return next((row for row in ALONE if row not in done), None)

    def _outcome(self, compiler: Compiler, row: Row) -> dict[str, Any]:
        start = time.perf_counter()
        found = compiler.ask({"do": "lower"} | request(self.target, row))
        if found["status"] == "refused":
            found |= self._because(compiler, row)
        elif found["status"] == "ok":
            known = {entry["hash"] for entry in self.entries if entry["status"] in COUNTED}
            found |= {"status": "equal"} if found["hash"] in known else compiler.ask({"do": "compile"})
        return found | {"seconds": round(time.perf_counter() - start, 1)}

    def _because(self, compiler: Compiler, row: Row) -> dict[str, Any]:
        """The fewest levels of a combination that are refused, ``because``, all other factors at their first level."""
        for count in range(1, len(FACTORS)):
            because, error = [], ""
            for places in itertools.combinations(range(len(FACTORS)), count):
                mixed = tuple(row[i] if i in places else FIRST[i] for i in range(len(FIRST)))
                if mixed not in self._built:
                    self._built[mixed] = compiler.ask({"do": "build"} | request(self.target, mixed))
                if self._built[mixed]["status"] == "refused":
                    because.append([[list(FACTORS)[i], row[i]] for i in places])
                    error = error or self._built[mixed]["error"]
            if because:
                return {"because": because, "error": error}
        return {"because": []}


def summary(survey: Survey) -> dict[str, Any]:
    """Combinations and pairs by status, and the distinct refusals and failures of a target."""
    told: dict[str, list[str]] = {"refused": [], "failed": []}
    for entry in survey.entries:
        if entry["status"] == "refused":
            levels = " and ".join(sorted({"+".join(level for _, level in levels) for levels in entry["because"]}))
            told["refused"].append(f"{levels or 'several levels'}: {entry['error']}")
        elif entry["status"] == "failed":
            told["failed"].append(f"{', '.join(entry[name] for name in FACTORS)}: {entry['error']}")
    return {
        "combinations": dict(collections.Counter(entry["status"] for entry in survey.entries)),
        "of": survey.pairs.combinations,
        "pairs": dict(survey.closed) | {"left": len(survey.pairs), "of": survey.pairs.total},
        "spaces": sorted({entry["space"] for entry in survey.entries if entry["status"] in COUNTED}),
        **{status: sorted(set(lines)) for status, lines in told.items()},
    }


def shown(target: str, found: dict[str, Any]) -> str:
    """The summary of a target for people."""
    counts = ", ".join(f"{count} {status}" for status, count in found["combinations"].items()) or "none"
    pairs = ", ".join(f"{count} {status}" for status, count in found["pairs"].items())
    lines = [f"{target}: combinations tried of {found['of']}: {counts}; pairs: {pairs}"]
    for status in ("refused", "failed"):
        lines += [f"  {status}  {line}" for line in found[status]]
    return "\n".join(lines)


def main() -> None:
    """Goes on with the list, reports it; exit status 1 if something failed."""
    arguments = parse()
    done = [json.loads(line) for line in arguments.log.read_text().splitlines()] if arguments.log.exists() else []
    end, results = time.monotonic() + arguments.seconds, {}
    for target in arguments.targets:
        survey = Survey(target, arguments.seed, [entry for entry in done if entry["target"] == target])
        with Compiler(target, arguments.within) as compiler, arguments.log.open("a") as log:
            for entry in survey.run(compiler) if time.monotonic() < end else ():
                print(json.dumps(entry), file=log, flush=True)
                starts.say(f"{len(survey.pairs)} pairs left; {entry['status']}: {' '.join(entry[n] for n in FACTORS)}")
                if time.monotonic() > end:
                    break
        results[target] = summary(survey)
    text = "\n".join(shown(target, found) for target, found in results.items())
    records.finish(arguments, f"programs-{'-'.join(arguments.targets)}", results, text)
    sys.exit(1 if any(found["failed"] for found in results.values()) else 0)


if __name__ == "__main__":
    main()
