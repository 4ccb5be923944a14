"""Measured latency: what is called, what is timed, what is refused; no test depends on how long anything takes."""

import jax.numpy as jnp
import pytest

from dartsx.cost import latency
from dartsx.cost.latency import measure_latency, uniform_mixture
from dartsx.networks import Network
from dartsx.networks.layers import Conv, Flatten, Linear
from dartsx.nn import Supernet
from dartsx.nn.described import DescribedNetwork
from dartsx.spaces import CellSpace

TINY = Network("tiny", (Conv(2, (3, 3)), Flatten()), (), (Linear(3),), "a test", 4)


def test_quartiles_of_the_repeats_after_the_warm_up(monkeypatch):
    calls = []
    monkeypatch.setattr(latency.time, "perf_counter", lambda: float(len(calls)) ** 2)

    def forward(module, inputs):
        assert [x.shape for x in inputs] == [(5, 4, 6, 3)]
        return lambda: calls.append(1) or jnp.zeros(())

    monkeypatch.setattr(latency, "_forward", forward)
    times = measure_latency(None, (4, 6, 3), batch=5, repeats=3, warmup=2)
    assert len(calls) == 5
    # Call k ends at k^2, so it takes 2k - 1: those after the second one 5, 7 and 9.
    assert times[:5] == (7.0, 6.0, 8.0, 3, 5)


def test_a_network_is_measured_on_the_present_device():
    times = measure_latency(DescribedNetwork(TINY), 4, batch=2, repeats=4, warmup=1)
    assert 0 < times.low <= times.median <= times.high
    assert times[3:] == (4, 2, "cpu")


def test_a_supernet_reads_a_mixture_besides_the_images():
    supernet = Supernet(CellSpace(("none", "skip_connect"), num_nodes=1), 2, 1, 3, stem_multiplier=1)
    assert measure_latency(supernet, 4, repeats=2, warmup=1, mixture=uniform_mixture(supernet.space)).median > 0


@pytest.mark.parametrize(("name", "least"), [("batch", 1), ("repeats", 2), ("warmup", 1)])
def test_too_few_are_refused(name, least):
    with pytest.raises(ValueError, match=f"{name} is {least - 1}; allowed: {least} or more"):
        measure_latency(DescribedNetwork(TINY), 4, **{name: least - 1})
