# %% [markdown]
# # Searching for this machine's latency
#
# A network that is to be fast *here* is found with times that were measured here. The blocks of a space are timed
# once; a sum over blocks then predicts the latency of any network of the space, and of any mixture, differentiably.

# %%
import dataclasses
import datetime
import pathlib
import platform
import tempfile

import numpy as np

from dartsx.cost import expected_latency_of, read_table
from dartsx.cost.measured_table import Row, csv_of, image_text
from dartsx.cost.pieces import pieces, whole
from dartsx.cost.stopwatch import measure
from dartsx.data import AugmentPolicy, load_dataset
from dartsx.feeds import image_examples
from dartsx.networks import Choice, Network, close
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.open.size import combinations
from dartsx.runtime import make_mesh
from dartsx.search import Alphas, Plan, run_search
from dartsx.search.bound import Bound
from dartsx.spaces import DescribedSpace, Scale

SAMPLES, POSITIONS, KERNELS, EPOCHS, CHECKED = 30, 3, (3, 5), 8, 3  # tiny: 2, 1, (3,), 1, 1

# %% [markdown]
# ## A space
#
# A stem and a few positions, each with an inverted bottleneck of kernel 3 or 5, or nothing.


# %%
def write(scale: Scale) -> Network:
    """The open network."""
    options = {f"k{kernel}": InvertedBottleneck(16, 3, kernel=kernel) for kernel in KERNELS}
    body = tuple(Choice(f"op{i}", {**options, "skip": None}) for i in range(POSITIONS))
    return Network("fast", (ConvNorm(16, 3),), (body,), (Classifier(scale.classes),), "a tutorial", 8)


space = DescribedSpace(write)
digits = load_dataset("digits")
shape = digits.image_shape
network = space.description(Scale(classes=10))
print(f"{space.count()} architectures")

# %% [markdown]
# ## Its blocks, timed
#
# Every block that any network of the space can have, once. A block runs many times inside one compiled program, so
# that the call of a program does not count.

# %%
times = {}
for block in pieces(network, shape):
    for choices in combinations(block.axes):
        piece = close(block.shape, choices)
        if str(piece) not in times:
            times[str(piece)] = block.name, piece, measure(piece, samples=SAMPLES)
for text, (_, piece, time) in times.items():
    print(f"{time.median * 1000:8.1f} us  {piece.macs:9,} multiply-adds  {text[:70]}")

# %% [markdown]
# ## A table, and whether it predicts
#
# The table is a file with a line for each block; `dartsx latency` writes such files with one command. Before it is
# used, a few whole networks are measured beside their prediction.

# %%
here = (platform.machine(), platform.node(), platform.python_version(), datetime.date.today().isoformat())


def row(text, name, piece, t) -> Row:
    """A line of the table."""
    statistics = (t.median, "median", t.median, t.low, t.high, t.least, t.samples, t.passes)
    return Row(text, name, *statistics, piece.macs, 1, "float32", "fast", image_text(shape), *here)


path = pathlib.Path(tempfile.mkdtemp()) / "latency.csv"
path.write_text(csv_of(row(text, *measured) for text, measured in times.items()))
expected = expected_latency_of(network, read_table(path), shape)


def predicted(architecture) -> float:
    """Milliseconds of a network, by the table."""
    return float(expected(lambda decision, option: float(architecture.choices.get(decision) == option)))


rng = np.random.default_rng(0)
for architecture in [space.sample(rng) for _ in range(CHECKED)]:
    measured = measure(whole(space.network(architecture, Scale(classes=10)), shape), samples=SAMPLES).median
    print(f"predicted {predicted(architecture):.3f} ms, measured {measured:.3f} ms  {architecture}")

# %% [markdown]
# ## Two searches
#
# The first knows nothing of time. The second pays for what exceeds half of the latency that the first one's network
# needs. (A target below the fastest network of the space would be refused.)

# %%
mesh = make_mesh()
train = image_examples(digits.train, digits, AugmentPolicy(crop_padding=1, flip=False), "float32", mesh)
plan = Plan(space, 10, epochs=EPOCHS, batch_size=32, alphas=Alphas(0.03))
free = run_search(plan, train, mesh=mesh, title="free").architecture
fastest = min(predicted(architecture) for architecture in space)
target = max(1.05 * fastest, 0.5 * predicted(free))
bound = Bound("latency", target, weight=10.0, form="above", table=str(path))
fast = run_search(dataclasses.replace(plan, bound=bound), train, mesh=mesh, title="bound").architecture
print(f"free   {predicted(free):.3f} ms  {free}\nbound  {predicted(fast):.3f} ms  {fast}  target {target:.3f} ms")

# %% [markdown]
# The same from the command line, with a report of the table's worth: [Latency](../latency.md). Measure on a quiet
# machine: times of a busy one are no basis for a search.
