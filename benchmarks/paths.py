"""Memory of a search step by what its method computes of a chain space: ``python -m benchmarks.paths``.

Every row is a program compiled for this machine's CPU and not run. Temporary memory is what the program needs beside
its arguments and results: results of layers that the backward pass reads, and gradients. The supernet's own weights are
the same for all methods; the closed network has the last option of everything, a skip excepted: in the spaces of
ProxylessNAS and OFA the largest. It is trained by SGD.

  temporary_mb   as XLA counts it
  weights_mb     weights; the program holds their gradients too
  compile_s      seconds, which depend on what else the machine does
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks import records
from dartsx import optim
from dartsx.losses import cross_entropy
from dartsx.nn import supernet_of
from dartsx.nn.described import DescribedNetwork
from dartsx.runtime import jit, record_run_info
from dartsx.search import Batch, SearchProblem, Task, compose, init_state, make_step
from dartsx.spaces import Space, named_space
from dartsx.spaces.chains import proxyless
from dartsx.spaces.chains.backbone import Backbone, Stage

CLOSED = "one network"
# ProxylessNAS's choices at six positions, so that the softmax supernet compiles in minutes.
SMALL = proxyless.space(
    "proxyless_small", Backbone(16, 8, (Stage(16, 2, 1), Stage(24, 2, 2), Stage(40, 2, 2)), 160, "relu6")
)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.paths", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--space", default="benchmarks.paths:SMALL", help="a described space")
    parser.add_argument("--methods", default="darts,gdas,proxyless", help="separated by commas")
    parser.add_argument("--pixels", type=int, default=48, help="height and width of the images")
    parser.add_argument("--batch", type=int, default=16, help="images of each of the two batches")
    records.add_output(parser)
    return parser.parse_args()


def search_program(space: Space, method: str, batch: Any):
    """The step of a search, the shapes of its arguments, and those of its weights."""
    supernet = supernet_of(space, classes=space.scale.classes)
    made, rate = compose(method, Task(space, supernet.cells)), optim.constant(0.025)
    optimizers = optim.sgd(rate, 0.9, 4e-5, 5.0), optim.adam(1e-3, 0.0, 0.999, 0.0)
    problem = SearchProblem(supernet.clone(lazy=made.lazy), made, *optimizers, rate, 0.9, 4e-5, total_steps=100)
    state = jax.eval_shape(lambda key: init_state(problem, key, batch.images.shape[1:]), jax.random.key(0))
    return make_step(problem), (state, batch, batch), state.params


def training_program(space: Space, batch: Any):
    """A step of SGD of one closed network, with the shapes of its arguments and weights."""
    rows = {group: np.zeros(shape) for group, shape in space.alpha_shapes.items()}
    for group, labels in space.options.items():
        for row, names in zip(rows[group], labels, strict=True):
            row[max(i for i, name in enumerate(names) if name != "skip")] = 1
    network = DescribedNetwork(space.network(space.derive(rows)))
    images = jnp.zeros(batch.images.shape)
    variables = jax.eval_shape(lambda key: network.init(key, images, True), jax.random.key(0))
    optimizer = optim.sgd(optim.constant(0.025), 0.9, 4e-5, 5.0)
    kept = jax.eval_shape(optimizer.init, variables["params"])

    def step(variables, kept, batch):
        def loss(params):
            given = {**variables, "params": params}
            rngs = {"dropout": jax.random.key(0)}
            logits, moved = network.apply(given, batch.images, True, mutable=["batch_stats"], rngs=rngs)
            return cross_entropy(logits.main, batch.labels), moved

        gradient, moved = jax.grad(loss, has_aux=True)(variables["params"])
        updates, after = optimizer.update(gradient, kept, variables["params"])
        return optax.apply_updates(variables["params"], updates), moved, after

    return step, (variables, kept, batch), variables["params"]


def figures(step: Any, arguments: tuple, weights: Any) -> dict[str, float]:
    """What the compiler says of a program."""
    start = time.perf_counter()
    compiled = jit(step, donate_argnums=(0, 1) if len(arguments[0]) == 2 else 0).lower(*arguments).compile()
    seconds = time.perf_counter() - start
    held = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(weights))
    temporary = compiled.memory_analysis().temp_size_in_bytes
    return {"temporary_mb": temporary / 1e6, "weights_mb": held / 1e6, "compile_s": seconds}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All rows by name."""
    space, size = named_space(arguments.space), arguments.batch
    images = jax.ShapeDtypeStruct((size, arguments.pixels, arguments.pixels, 3), jnp.float32)
    batch = Batch(images, jax.ShapeDtypeStruct((size,), jnp.int32))
    rows = {CLOSED: figures(*training_program(space, batch))}
    for method in arguments.methods.split(","):
        rows[method] = figures(*search_program(space, method, batch))
        print(f"{method}: {rows[method]}", file=sys.stderr, flush=True)
    given = {name: getattr(arguments, name) for name in ("space", "pixels", "batch")}
    return {**given, "rows": rows, "about": {"dartsx": record_run_info()}}


def table(result: dict[str, Any]) -> str:
    """The figures, for people."""
    one = result["rows"][CLOSED]["temporary_mb"]
    rows = [
        (name, f"{row['temporary_mb']:.0f} MB", f"{row['temporary_mb'] / one:.1f}", f"{row['weights_mb']:.0f} MB")
        for name, row in result["rows"].items()
    ]
    title = f"{result['space']}, batch {result['batch']}, {result['pixels']} pixels, float32"
    return records.rows_table(rows, ("", "temporary memory", "times one network's", "weights"), title)


def main() -> None:
    """Measures and reports."""
    arguments = parse()
    result = measure(arguments)
    name = f"paths-{arguments.space.rpartition(':')[2].lower()}-batch{arguments.batch}-{arguments.pixels}px"
    records.finish(arguments, name, result, table(result))


if __name__ == "__main__":
    main()
