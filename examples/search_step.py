"""A search step by hand: alphas and weights move in turn, each by an optimiser of one's own, in a few lines of JAX.

``python -m examples.search_step``
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dartsx.data import load_dataset, normalize
from dartsx.losses import accuracy, cross_entropy
from dartsx.nn import supernet_of
from dartsx.search import relax
from dartsx.spaces import CellSpace


def main(steps: int = 200, nodes: int = 2, batch_size: int = 32):
    """Searches digits by first-order DARTS and returns the derived cells."""
    digits = load_dataset("digits")
    images, labels = normalize(digits.train.images, digits.mean, digits.std), jnp.asarray(digits.train.labels)
    space = CellSpace(("none", "skip_connect", "avg_pool_3x3", "sep_conv_3x3"), num_nodes=nodes)
    supernet = supernet_of(space, channels=4, layers=3, classes=digits.num_classes)
    alpha = {name: jnp.zeros(shape) for name, shape in space.alpha_shapes.items()}
    variables = jax.jit(lambda key: supernet.init(key, images[:2], relax.softmax(alpha), True))(jax.random.key(0))
    weights, stats = variables["params"], variables["batch_stats"]
    of_weights, of_alpha = optax.sgd(0.05, momentum=0.9), optax.adam(0.02)
    memory = of_weights.init(weights), of_alpha.init(alpha)

    def loss(weights, alpha, stats, rows):
        given = {"params": weights, "batch_stats": stats}, images[rows], relax.softmax(alpha), True
        logits, moved = supernet.apply(*given, mutable=["batch_stats"])
        return cross_entropy(logits, labels[rows]), (accuracy(logits, labels[rows]), moved["batch_stats"])

    @jax.jit
    def step(weights, alpha, stats, memory, train, valid):
        gradient, _ = jax.grad(loss, 1, has_aux=True)(weights, alpha, stats, valid)
        change, alpha_memory = of_alpha.update(gradient, memory[1])
        alpha = optax.apply_updates(alpha, change)
        gradient, (right, stats) = jax.grad(loss, has_aux=True)(weights, alpha, stats, train)
        change, weight_memory = of_weights.update(gradient, memory[0])
        return optax.apply_updates(weights, change), alpha, stats, (weight_memory, alpha_memory), right

    rng, half = np.random.default_rng(0), len(labels) // 2
    for number in range(steps):
        train, valid = rng.choice(half, batch_size), half + rng.choice(half, batch_size)
        weights, alpha, stats, memory, right = step(weights, alpha, stats, memory, train, valid)
        if number % 50 == 0:
            print(f"step {number}: training accuracy {float(right):.2f}")
    return space.derive({name: np.asarray(rows) for name, rows in relax.softmax(alpha).items()})


if __name__ == "__main__":
    print(main())
