"""Searches of n seeds in one program against n solo runs, one after another: ``python -m benchmarks.population``.

Both are what `dartsx search` compiles: a chunk of steps as one scan, batches gathered and augmented on the device.
The solo runs are n states that one compiled program advances in turn. JSON fields, by number of members n:

  solo_s, solo_spread                   seconds of a step of a solo run, and quartiles
  populations[n].member_step_s, spread  seconds of a step of all members over n
  populations[n].member_steps_per_s     throughput; that of the solo runs is solo_member_steps_per_s
  populations[n].ratio, ratio_spread    throughput over that of n solo runs; quartiles of the ratios of single rounds
  populations[n].compile_s              with --cached that of reading the program where it was compiled before
  populations[n].temporary_mb
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from typing import Any

import jax

from benchmarks import records, sizes, timing
from benchmarks.scan import chunk_of, random_dataset, random_search
from benchmarks.starts import say
from benchmarks.tasks.base import MEGABYTE
from benchmarks.tasks.search import settings_of
from dartsx.catalog import DTYPES, HYPERGRADIENTS, SEPARABLE_FORMS
from dartsx.experiments.jobs.population import population_of
from dartsx.runtime import cores, enable_compilation_cache, jit, make_mesh, put_replicated, record_run_info, split_cpu


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.population",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sizes.add_size(parser)
    parser.add_argument("--members", type=sizes.positive, nargs="+", default=[1, 2, 4, 8], help="population sizes")
    parser.add_argument("--population-chunk", type=int, default=0, help="members of one vmapped call; 0: all")
    about = "that share the members; on a CPU emulated, by default one per core"
    parser.add_argument("--devices", type=sizes.positive, default=cores(), help=about)
    parser.add_argument("--steps", type=sizes.positive, default=8, help="of a chunk")
    parser.add_argument("--rounds", type=sizes.positive, default=7, help="chunks of each kind")
    parser.add_argument("--hypergradient", choices=HYPERGRADIENTS, default="first_order")
    parser.add_argument("--form", choices=SEPARABLE_FORMS, help="of separable convolutions; by default chosen")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of activations")
    parser.add_argument("--cached", action="store_true", help="use the cache of compiled programs")
    records.add_output(parser)
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures; see the module's docstring."""
    split_cpu(arguments.devices)
    enable_compilation_cache(None if arguments.cached else "")
    size = sizes.chosen(arguments)
    given = {name: getattr(arguments, name) for name in ("hypergradient", "form", "dtype")}
    settings = settings_of(dataclasses.asdict(size) | given | {"remat": None})
    dataset = random_dataset(size, arguments.steps)
    solo = random_search(settings, dataset, make_mesh(1))
    modes = {"solo": Chunk(solo.loop(), put_replicated(solo.init(), solo.mesh), arguments.steps)}
    for n in dict.fromkeys(arguments.members):
        chunk = min(arguments.population_chunk, n) or None
        several = dataclasses.replace(settings, population=n, population_chunk=chunk)
        mesh = make_mesh(max(d for d in range(1, min(arguments.devices, jax.device_count()) + 1) if n % d == 0))
        population = population_of(several, dataset, mesh)
        modes[n] = Chunk(population.loop(), population.init(), arguments.steps)
    blocks = timing.in_turns({name: one.seconds for name, one in modes.items()}, arguments.rounds + 1, 1)
    blocks = {name: rounds[1:] for name, rounds in blocks.items()}  # the first round warms up
    found = timing.merged(blocks["solo"])
    result = {"size": dataclasses.asdict(size), "steps": arguments.steps, **given}
    result |= {"population_chunk": arguments.population_chunk, "devices": arguments.devices}
    result |= {"solo_s": found.median, "solo_spread": [found.low, found.high]}
    result |= {"solo_member_steps_per_s": 1 / found.median, "solo_compile_s": modes["solo"].compile_seconds}
    result["populations"] = {str(n): _population(n, blocks[n], blocks["solo"], modes[n]) for n in modes if n != "solo"}
    return result | {"about": {"dartsx": record_run_info()}}


class Chunk:
    """A compiled chunk of steps and the state that it advances."""

    def __init__(self, loop, state: Any, steps: int):
        say(f"compiling {loop.title}")
        self.loop, self.state, self.steps = loop, state, steps
        self.rows = loop.rows(0, 0, steps)
        started = time.perf_counter()
        self.program = jit(chunk_of(loop), donate_argnums=0).lower(state, loop.arrays, self.rows).compile()
        self.compile_seconds = time.perf_counter() - started

    def seconds(self, count: int) -> list[float]:
        """Seconds of a step, of each of the next `count` chunks."""
        found = []
        for _ in range(count):
            started = time.perf_counter()
            self.state, metrics = self.program(self.state, self.loop.arrays, self.rows)
            jax.device_get(metrics)
            found.append((time.perf_counter() - started) / self.steps)
        return found


def _population(n: int, blocks: list[list[float]], solo: list[list[float]], chunk: Chunk) -> dict[str, Any]:
    per_member = [[seconds / n for seconds in block] for block in blocks]
    found, ratio = timing.merged(per_member), timing.ratio_by_round(solo, per_member)
    return {
        "member_step_s": found.median,
        "spread": [found.low, found.high],
        "member_steps_per_s": 1 / found.median,
        "ratio": timing.merged(solo).median / found.median,
        "ratio_spread": [ratio.low, ratio.high],
        "compile_s": chunk.compile_seconds,
        "temporary_mb": chunk.program.memory_analysis().temp_size_in_bytes / MEGABYTE,
    }


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    low, high = (timing.seconds(bound) for bound in result["solo_spread"])
    solo = (timing.seconds(result["solo_s"]), f"{low} to {high}", f"{result['solo_member_steps_per_s']:.1f}")
    rows = [("solo runs in turn", *solo, "1.00", "", f"{result['solo_compile_s']:.0f} s", "")]
    for n, of_n in result["populations"].items():
        spread = " to ".join(timing.seconds(bound) for bound in of_n["spread"])
        ratios = " to ".join(f"{bound:.2f}" for bound in of_n["ratio_spread"])
        figures = (timing.seconds(of_n["member_step_s"]), spread, f"{of_n['member_steps_per_s']:.1f}")
        cost = (f"{of_n['compile_s']:.0f} s", f"{of_n['temporary_mb']:.0f}")
        rows.append((f"population of {n}", *figures, f"{of_n['ratio']:.2f}", ratios, *cost))
    columns = ("", "a member's step", "quartiles", "steps/s", "ratio", "quartiles", "compilation", "temporary MB")
    chunk = result["population_chunk"] or "all"
    title = f"{sizes.Size(**result['size'])}; {result['hypergradient']}, {result['dtype']}, chunks of {chunk} members"
    return records.rows_table(rows, columns, f"{title}, {result['devices']} device(s)")


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    size = sizes.label(sizes.chosen(arguments))
    variant = [f"chunk-{arguments.population_chunk}"] if arguments.population_chunk else []
    variant += [f"devices-{arguments.devices}"] if arguments.devices != cores() else []
    name = "-".join(["population", size, arguments.dtype, jax.default_backend(), *variant])
    records.finish(arguments, name, result, table(result))


if __name__ == "__main__":
    main()
