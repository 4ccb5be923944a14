"""A search in a space of one's own, and the network of its cells trained from scratch.

``python -m examples.own_space``
"""

import jax

from dartsx import optim
from dartsx.data import AugmentPolicy, load_dataset
from dartsx.feeds import InMemory, image_examples
from dartsx.nn import CellNetwork
from dartsx.retrain import RetrainProblem, init_state, make_step, predict
from dartsx.runtime import make_mesh
from dartsx.search import Alphas, Plan, run_search
from dartsx.spaces import CellSpace


def main(search_epochs: int = 10, epochs: int = 10, channels: int = 8, layers: int = 3, **changes):
    """Searches digits, trains the derived network and returns the cells and its loss and accuracy on test images."""
    digits, mesh = load_dataset("digits"), make_mesh()
    given = digits, AugmentPolicy(crop_padding=1, flip=False), "float32", mesh
    train, test = (image_examples(split, *given) for split in (digits.train, digits.test))

    space = CellSpace(("none", "skip_connect", "max_pool_3x3", "conv_1x1", "separable_3x3"), num_nodes=2)
    arguments = {"epochs": search_epochs, "batch_size": 32, "channels": 4, "layers": 3, "alphas": Alphas(0.02)}
    cells = run_search(Plan(space, digits.num_classes, **arguments | changes), train, mesh=mesh).architecture

    feed = InMemory(train, test, batch_size=32, seed=0, mesh=mesh)
    rate = optim.cosine_per_epoch(0.05, 0.0, epochs, feed.steps)
    network = CellNetwork(cells, channels, layers, digits.num_classes)
    problem = RetrainProblem(network, optim.sgd(rate, 0.9, 3e-4, 5.0), rate, epochs, feed.steps)
    state = jax.jit(lambda key: init_state(problem, key, digits.image_shape))(jax.random.key(0))
    train_step = make_step(problem)

    @jax.jit
    def train_epoch(state, arrays, rows):
        def one(state, row):
            return train_step(state, feed.batch(arrays, row, jax.random.fold_in(jax.random.key(1), state.step)))

        return jax.lax.scan(one, state, rows)[0]

    for epoch in range(epochs):
        state = train_epoch(state, feed.arrays, feed.rows(epoch, 0, feed.steps))
    evaluate = feed.evaluator(lambda state, batch: predict(problem, state, batch.images), problem.loss)
    return cells, evaluate(state)


if __name__ == "__main__":
    found, values = main()
    print(f"{found}\ntest accuracy {values['accuracy']:.2%}")
