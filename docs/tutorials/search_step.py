# %% [markdown]
# # A search step by hand
#
# DARTS in forty lines: a supernet, two optimisers, and a loop in which alphas and weights move in turn. Everything is
# a pure function, so this is ordinary JAX.

# %%
import jax
import jax.numpy as jnp
import numpy as np
import optax

from dartsx.data import load_dataset, normalize
from dartsx.losses import accuracy, cross_entropy
from dartsx.nn import supernet_of
from dartsx.search import relax
from dartsx.spaces import CellSpace

STEPS, NODES = 200, 2  # tiny: 2, 1

# %% [markdown]
# ## The data and the space
#
# The digits of scikit-learn are 8x8 pixels. A cell has two inputs and `NODES` nodes; every node reads all earlier
# values through a mixture of four primitives. `alpha_shapes` says how many numbers that makes: a row for each edge, a
# column for each primitive.

# %%
digits = load_dataset("digits")
images, labels = normalize(digits.train.images, digits.mean, digits.std), jnp.asarray(digits.train.labels)
space = CellSpace(("none", "skip_connect", "avg_pool_3x3", "sep_conv_3x3"), num_nodes=NODES)
print(space.alpha_shapes, f"{space.count():,} architectures")

# %% [markdown]
# ## The supernet
#
# Its weights are variables of Flax; its architecture is an argument. At equal alphas every primitive has the same
# weight.

# %%
supernet = supernet_of(space, channels=4, layers=3, classes=digits.num_classes)
alpha = {name: jnp.zeros(shape) for name, shape in space.alpha_shapes.items()}
variables = jax.jit(lambda key: supernet.init(key, images[:2], relax.softmax(alpha), True))(jax.random.key(0))
weights, stats = variables["params"], variables["batch_stats"]


def loss(weights, alpha, stats, rows):
    """Cross entropy of these examples; besides it the accuracy and the moved statistics of the batch norms."""
    given = {"params": weights, "batch_stats": stats}, images[rows], relax.softmax(alpha), True
    logits, moved = supernet.apply(*given, mutable=["batch_stats"])
    return cross_entropy(logits, labels[rows]), (accuracy(logits, labels[rows]), moved["batch_stats"])


# %% [markdown]
# ## The step
#
# First the alphas descend on *validation* examples, then the weights on *training* examples. The gradient of the
# alphas takes the weights as they are: this is the first-order variant.

# %%
of_weights, of_alpha = optax.sgd(0.05, momentum=0.9), optax.adam(0.02)


@jax.jit
def step(weights, alpha, stats, memory, train, valid):
    """One step of both; `train` and `valid` are rows of the data."""
    gradient, _ = jax.grad(loss, 1, has_aux=True)(weights, alpha, stats, valid)
    change, alpha_memory = of_alpha.update(gradient, memory[1])
    alpha = optax.apply_updates(alpha, change)
    gradient, (right, stats) = jax.grad(loss, has_aux=True)(weights, alpha, stats, train)
    change, weight_memory = of_weights.update(gradient, memory[0])
    return optax.apply_updates(weights, change), alpha, stats, (weight_memory, alpha_memory), right


# %% [markdown]
# ## The search
#
# Half of the images train the weights, the other half the alphas.

# %%
memory = of_weights.init(weights), of_alpha.init(alpha)
rng, half = np.random.default_rng(0), len(labels) // 2
for number in range(STEPS):
    train, valid = rng.choice(half, 32), half + rng.choice(half, 32)
    weights, alpha, stats, memory, right = step(weights, alpha, stats, memory, train, valid)
    if number % 50 == 0:
        print(f"step {number}: training accuracy {float(right):.2f}")

# %% [markdown]
# ## The architecture
#
# Derivation keeps, for every node, the two edges with the strongest primitive other than `none`.

# %%
genotype = space.derive({name: np.asarray(rows) for name, rows in relax.softmax(alpha).items()})
print(genotype)

# %% [markdown]
# The same search with everything around it (augmentation, schedules, checkpoints, logs) is one call,
# `dartsx.search.run_search`, and one command, `dartsx search`. Methods differ in small ways from what stands above:
# [Your own method](../own_method.md).
