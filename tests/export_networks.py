"""Networks with drawn weights, small and with every kind of layer."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from dartsx.export import Trained
from dartsx.networks.layers import (
    ACTIVATIONS,
    Activation,
    AdaptivePool,
    Conv,
    Dropout,
    Flatten,
    GlobalMax,
    Identity,
    Linear,
    LocalNorm,
    Pool,
    Resize,
    Shuffle,
    Zero,
)
from dartsx.networks.trace import Trace, Value


@dataclasses.dataclass(frozen=True)
class Everything:
    """[9, 11, 3] -> logits [5], by at least one layer of every kind and every kind of padding."""

    def build(self, trace: Trace, x: Value) -> Value:
        x = trace.norm(trace.conv(x, 8, 3, stride=2, padding="same", bias=True))  # [5, 6, 8]
        y = trace.conv(x, 8, 3, padding=2, dilation=2, groups=4, name="first")
        y = trace.conv(trace.add(Shuffle(4), y), 8, 3, padding=2, dilation=2, groups=4, name="second", tied=y)
        odd = trace.add(Conv(8, (1, 1), (2, 2), ((-1, 1), (-1, 0))), x, name="odd")  # [3, 3, 8]
        even = trace.conv(y, 8, 1, 2, name="even")
        for kind in ACTIVATIONS:
            y = trace.add(Activation(kind), y)
        low, high = trace.split(y, 3, 5)
        y = trace.sum(trace.concat(high, low), x, trace.add(Zero(), x), trace.add(Identity(), x))
        y = trace.gate(y, trace.sum(trace.global_pool(y), trace.add(GlobalMax(), y)))
        y = trace.drop_path(trace.add(LocalNorm(5), trace.pad_channels(y, 10)))
        pools = [trace.add(pool, y) for pool in POOLS]
        assert {pool.shape for pool in pools} == {(3, 3, 10)}, [pool.shape for pool in pools]
        y = trace.concat(odd, even, *pools, trace.add(Zero(2), y))
        with trace.settings(affine=False):
            y = trace.norm(y, 1e-3, name="plain")
        maps = [trace.add(AdaptivePool(2), y)]
        maps += [
            trace.add(Resize((2, 2), kind), trace.add(Resize((4, 5), kind), y)) for kind in ("nearest", "bilinear")
        ]
        y = trace.add(Linear(6), trace.add(Flatten(), trace.concat(*maps)), name="hidden")
        y = trace.add(Dropout(0.5), trace.norm(y, name="of_vector"))
        return trace.add(Linear(5), y, name="classifier")


POOLS = (
    Pool("max", (3, 3), (2, 2), 1),
    Pool("max", (2, 2), (2, 2), "same"),
    Pool("max", (3, 2), (2, 2), ((1, 1), (0, 0))),
    Pool("max", (2, 2), (2, 2), ceil=True),
    Pool("avg", (3, 3), (2, 2), 1),
    Pool("avg", (3, 3), (2, 2), 1, count_padding=True),
    Pool("avg", (2, 2), (2, 2), "same"),
    Pool("avg", (2, 2), (2, 2), ceil=True),
    Pool("avg", (2, 3), (2, 2), ((0, 1), (1, 1)), count_padding=True),
    Pool("avg", (1, 1), (2, 2)),
)


def drawn(module, shape, label="drawn", seed=0) -> Trained:
    """A network of which every array is drawn, so that none can stand for another."""
    rng = np.random.default_rng(seed)
    like = jax.eval_shape(lambda key: module.init(key, jnp.zeros((1, *shape)), False), jax.random.key(0))

    def draw(path, leaf):
        name = path[-1].key
        if name.endswith(("scale", "var")):
            return rng.uniform(0.5, 1.5, leaf.shape).astype(leaf.dtype)
        fan_in = np.prod(leaf.shape[:-1]) if leaf.ndim > 1 and name != "mean" else 100
        return (1.5 * rng.normal(size=leaf.shape) / np.sqrt(fan_in)).astype(leaf.dtype)

    return Trained(module, jax.tree_util.tree_map_with_path(draw, like), shape, label)


def images(trained, count=3) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, *trained.shape)).astype(np.float32)
