"""The loop that is timed computes the network, pass after pass."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import stopwatch
from dartsx.cost.pieces import pieces, whole
from dartsx.networks import Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.nn.described import DescribedNetwork

NETWORK = Network("x", (ConvNorm(4, 3),), ((InvertedBottleneck(4, 2, kernel=3),),), (Classifier(3),), "", 6)


def test_what_is_timed_is_the_forward_pass_of_the_network():
    piece = whole(NETWORK)
    given = stopwatch.arguments(piece, 2, "float32")
    (logits,) = stopwatch.forward(piece)([given.copies[0]], given)
    names = [step.name for step in NETWORK.trace() if type(step.layer).__name__ not in ("Dropout", "DropPath")]
    at = dict(zip(names, [f"layer{i}" for i in range(len(names))], strict=True))
    params = {name: given.weights[at[name]] for name in names if given.weights.get(at[name])}
    stats = {name: given.statistics[at[name]] for name in names if at[name] in given.statistics}
    expected = DescribedNetwork(NETWORK).apply({"params": params, "batch_stats": stats}, given.copies[0], train=False)
    np.testing.assert_allclose(logits, expected[0], rtol=1e-5)


def test_every_pass_computes_every_layer():
    (_, block, _) = pieces(NETWORK)
    given = stopwatch.arguments(block.shape, 1, "float32")
    text = stopwatch.program(block.shape).lower(3, given).compile().as_text()
    entry = text[text.index("\nENTRY") :]
    assert not re.search(r"convolution\(|dot\(|ynn|add_add", entry), entry
    assert jax.tree.leaves(stopwatch.program(block.shape)(1, given))[0].shape == (1, 6, 6, 4)


def test_times_are_ordered_and_counted():
    times = stopwatch.measure(pieces(NETWORK)[2].shape, samples=3)
    assert 0 <= times.least <= times.low <= times.median <= times.high
    assert times.samples == 3 and times.passes % stopwatch.UNROLLED == 0
    assert jnp.isfinite(times.empty)
    with pytest.raises(ValueError, match="samples is 1; allowed: 2 or more"):
        stopwatch.measure(pieces(NETWORK)[2].shape, samples=1)
