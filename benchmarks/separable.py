"""The forms of separable convolution, shape by shape: ``python -m benchmarks.separable --size=medium``.

What `dartsx.kernels.choice.separable_form` rests on. Shapes are those of a supernet: in every stage (width and map
size) the first unit of all kinds from the cell's two inputs, and the second unit of one kind, where every edge has an
input of its own. Times in ms, forward alone and forward with both derivatives; forms run in turns; * marks the form
that `separable_form` takes, < the fastest one.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import records, sizes, timing
from benchmarks.starts import say
from dartsx.kernels.channel_major.separable_forms import FORMS, Unit
from dartsx.kernels.choice import Forms
from dartsx.kernels.plan import plan_cells
from dartsx.runtime import jit, record_run_info

KINDS = {"sep_conv_3x3": (3, 1), "sep_conv_5x5": (5, 1), "dil_conv_3x3": (3, 2), "dil_conv_5x5": (5, 2)}
WAYS = ("forward", "both")


@dataclasses.dataclass(frozen=True)
class Shape:
    """One call of `separable`.

    Attributes:
      inputs: L, maps that are convolved.
      targets: T, edges that leave each.
      kinds: primitives evaluated together, names of `KINDS`.
      channels: C.
      pixels: height and width of the inputs.
      stride: 1 or 2.
    """

    inputs: int
    targets: int
    kinds: tuple[str, ...]
    channels: int
    pixels: int
    stride: int

    def __str__(self) -> str:
        kinds = "all kinds" if len(self.kinds) == len(KINDS) else "+".join(self.kinds)
        shape = f"C={self.channels} {self.pixels}x{self.pixels}/{self.stride}"
        return f"{shape} {self.inputs} inputs x {self.targets} targets, {kinds}"


def shapes(size: sizes.Size) -> Iterator[Shape]:
    """The distinct calls of a supernet's stages, those from the two inputs of its cells."""
    nodes = 4
    multiplier = {"normal": nodes, "reduce": nodes}
    pixels, seen = size.pixels, set()
    for plan in plan_cells(size.channels, size.layers, multiplier, 3 * size.channels):
        stride = 2 if plan.reduction else 1
        first = Shape(2, nodes, tuple(KINDS), plan.channels, pixels, stride)
        pixels //= stride
        second = [Shape(2 * nodes, 1, (kind,), plan.channels, pixels, 1) for kind in ("sep_conv_3x3", "sep_conv_5x5")]
        for shape in (first, *second):
            if shape not in seen:
                seen.add(shape)
                yield shape


def compiled(form: str, shape: Shape, batch: int, dtype: str) -> dict[str, Callable[[], Any]]:
    """Functions without arguments that run one form, one for each of `WAYS`."""
    key = jax.random.key(0)
    x = jax.random.normal(key, (shape.inputs, shape.channels, batch, shape.pixels, shape.pixels), jnp.dtype(dtype))
    weights = {}
    for name in shape.kinds:
        size, edges = KINDS[name][0], (shape.inputs, shape.targets)
        taps = jax.random.normal(key, (*edges, size, size, shape.channels), x.dtype)
        weights[name] = (taps, jax.random.normal(key, (*edges, shape.channels, shape.channels), x.dtype))

    def forward(x, weights):
        units = [Unit(*weights[name], KINDS[name][1]) for name in shape.kinds]
        return FORMS[form](x, units, shape.stride)

    cotangent = jnp.ones_like(jax.eval_shape(forward, x, weights))

    def both(x, weights, cotangent):
        value, transpose = jax.vjp(forward, x, weights)
        return value, transpose(cotangent)

    run = {"forward": jit(forward).lower(x, weights).compile()}
    run["both"] = jit(both).lower(x, weights, cotangent).compile()
    return {"forward": lambda: run["forward"](x, weights), "both": lambda: run["both"](x, weights, cotangent)}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Times of all forms: [{shape, chosen, ms: {way: {form: median}}}]."""
    size = sizes.chosen(arguments)
    found = []
    for shape in shapes(size):
        say(str(shape))
        calls = {form: compiled(form, shape, size.batch, arguments.dtype) for form in arguments.forms}
        times = {}
        for way in WAYS:
            runs = {form: _seconds(call[way]) for form, call in calls.items()}
            blocks = timing.in_turns(runs, arguments.rounds + 1, 1)  # the first round warms up
            times[way] = {form: 1e3 * timing.merged(values[1:]).median for form, values in blocks.items()}
        chosen = Forms().separable(shape.channels, shape.pixels)
        found.append({"shape": dataclasses.asdict(shape), "chosen": chosen, "ms": times})
    given = {"size": dataclasses.asdict(size), "dtype": arguments.dtype}
    return given | {"shapes": found, "about": {"dartsx": record_run_info()}}


def _seconds(call: Callable[[], Any]) -> Callable[[int], list[float]]:
    def seconds(count: int) -> list[float]:
        found = []
        for _ in range(count):
            started = time.perf_counter()
            jax.block_until_ready(call())
            found.append(time.perf_counter() - started)
        return found

    return seconds


def table(result: dict[str, Any]) -> str:
    """One row per shape, one column per way and form."""
    forms = list(result["shapes"][0]["ms"]["forward"])
    columns = ["ms", *(f"{form} {way}" for way in WAYS for form in forms)]
    rows = []
    for entry in result["shapes"]:
        cells = [str(Shape(**entry["shape"]))]
        for way in WAYS:
            times = entry["ms"][way]
            fastest = min(times, key=times.get)
            for form in forms:
                marks = ("*" if form == entry["chosen"] else "") + ("<" if form == fastest else "")
                cells.append(f"{times[form]:.3g}{marks:2}")
        rows.append(cells)
    title = f"{sizes.Size(**result['size'])}; {result['dtype']}; * chosen, < fastest"
    return records.rows_table(rows, columns, title)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.separable", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes.add_size(parser)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS), help="which; by default all")
    parser.add_argument("--rounds", type=sizes.positive, default=7, help="runs of each form")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    records.add_output(parser)
    return parser.parse_args()


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    name = f"separable-{sizes.label(sizes.chosen(arguments))}-{arguments.dtype}-{jax.default_backend()}"
    records.finish(arguments, name, result, table(result))


if __name__ == "__main__":
    main()
