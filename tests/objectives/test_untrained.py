"""Proxies of untrained networks: of what their layers compute, and of a whole space by one open network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.networks import Choice, Network, Width, primitive
from dartsx.networks.layers import Activation, Conv, GlobalPool, Linear, Norm
from dartsx.networks.open.place import exists
from dartsx.objectives import untrained as module
from dartsx.objectives.proxies import COMPUTE, Probe
from dartsx.objectives.untrained import Untrained
from dartsx.objectives.watched import Watched
from dartsx.spaces import DescribedSpace, Scale, TopologySpace

SPACE = TopologySpace(("none", "nor_conv_1x1", "skip_connect"), ((0, 1), (0, 2), (1, 2)))
SCALE = Scale(channels=2, layers=1, classes=3)
RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.normal(size=(4, 4, 4, 3)), np.arange(4) % 3
HEAD = (GlobalPool(), Linear(3))


def cell(*primitives):
    return SPACE.architecture(dict(zip(SPACE.decisions, primitives, strict=True)))


@pytest.fixture
def quick(quick_jit, monkeypatch):
    monkeypatch.setattr(module, "jit", quick_jit)


def test_proxies_of_a_network_equal_numpy(x64):
    """Of relu(norm(x W)), averaged, times V."""
    steps = Network("tiny", (Conv(5, (1, 1), (1, 1), (0, 0)), Norm(), Activation("relu")), (), HEAD, "own", 4).trace()
    conv, norm, linear = (step.name for step in steps if step.weights)
    w, v, b = RNG.normal(size=(3, 5)), RNG.normal(size=(5, 3)), RNG.normal(size=3)
    params = {
        conv: {"kernel": w.reshape(1, 1, 3, 5)},
        norm: {"scale": np.ones(5), "bias": np.zeros(5)},
        linear: {"kernel": v, "bias": b},
    }
    params = jax.tree.map(jnp.asarray, params)

    def forward(x):
        a = x @ w
        y = (a - a.mean((0, 1, 2))) / np.sqrt(a.var((0, 1, 2)) + 1e-5)
        return a, y, np.maximum(y, 0)

    a, y, on = forward(IMAGES)
    z = on.mean((1, 2)) @ v + b
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    by_z = (p - np.eye(3)[LABELS]) / 4
    by_y = (by_z @ v.T)[:, None, None] / 16 * (y > 0)
    inverse = 1 / np.sqrt(a.var((0, 1, 2)) + 1e-5)
    by_a = inverse * (by_y - by_y.mean((0, 1, 2)) - y * (by_y * y).mean((0, 1, 2)))
    fisher = sum(
        n / 2 * (g.reshape(4, -1, g.shape[-1]).sum(1) ** 2).mean(0).sum() for n, g in ((3, a * by_a), (5, z * by_z))
    )
    by_w = np.einsum("nhwi,nhwo->io", IMAGES, by_a)
    by_v = on.mean((1, 2)).T @ by_z
    signs = (on > 0).reshape(4, -1)
    alike = np.array([[np.sum(s == t) for t in signs] for s in signs])
    wanted = {
        "gradient_norm": np.linalg.norm(by_w) + np.linalg.norm(by_v),
        "snip": np.abs(w * by_w).sum() + np.abs(v * by_v).sum(),
        "fisher": fisher,
        "naswot": np.linalg.slogdet(alike)[1],
    }
    probe = Probe(Watched(steps, None), params, jnp.asarray(IMAGES), LABELS)
    found = {name: float(COMPUTE[name](probe)) for name in wanted}
    assert found == pytest.approx(wanted, rel=1e-9)
    moved = IMAGES + 0.01 * RNG.normal(size=IMAGES.shape)
    change = np.abs(forward(moved)[2] - on).sum((1, 2, 3)).mean()
    zen = np.log(change) + 0.5 * np.log(a.var((0, 1, 2), ddof=1).mean())
    probe = Probe(Watched(steps, None), params, jnp.asarray([IMAGES, moved]), LABELS)
    assert float(COMPUTE["zen"](probe)) == pytest.approx(zen, rel=1e-9)


def test_the_open_network_scores_a_cell_as_its_own_network_does(x64, quick_jit):
    drawn = cell("nor_conv_1x1", "skip_connect", "nor_conv_1x1")
    opened, closed = (
        network.trace(IMAGES.shape[1:]) for network in (SPACE.description(SCALE), SPACE.network(drawn, SCALE))
    )
    weights = {
        step.name: {name: RNG.normal(size=weight.shape) for name, weight in step.weights.items()}
        for step in primitive(opened)
        if step.weights
    }
    own = {s.closed_name: weights[s.name] for s in primitive(opened) if s.weights and exists(s.place, drawn.choices)}
    proxies = {name: proxy for name, proxy in COMPUTE.items() if name != "zen"}

    def scores(steps, weight, params):
        probe = Probe(Watched(steps, weight), params, jnp.asarray(IMAGES), LABELS)
        return {name: proxy(probe) for name, proxy in proxies.items()}

    def chosen(decision, option):
        return jnp.asarray(float(drawn.choices[decision] == option))

    found = quick_jit(lambda params: scores(opened, chosen, params))(weights)
    wanted = quick_jit(lambda params: scores(closed, None, params))(own)
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        {name: float(value) for name, value in wanted.items()}, rel=1e-6
    )


def test_sizes_are_those_of_the_network_that_is_retrained(quick):
    names = ("naswot", "zen", "params", "macs")
    drawn = cell("none", "nor_conv_1x1", "none")
    (found,) = Untrained(SPACE, IMAGES, LABELS, SCALE, names)([drawn])
    network = SPACE.network(drawn, SCALE)
    assert (found["params"], found["macs"]) == (network.params(IMAGES.shape[1:]), network.macs(IMAGES.shape[1:]))
    assert list(found) == list(names) and np.isfinite(list(found.values())).all()


def test_networks_of_open_widths_have_a_program_each(quick):
    def write(scale):
        width = Width("width", (2, 3))
        ops = Choice("op", {"conv": Conv(width, (1, 1), (1, 1), (0, 0)), "skip": None})
        stem = (Conv(width, (1, 1), (1, 1), (0, 0)), Norm(), Activation("relu"))
        return Network("mine", stem, ((ops,),), HEAD, "own", 4)

    space = DescribedSpace(write, Scale(classes=3, image_size=4))
    objective = Untrained(space, IMAGES, LABELS, names=("naswot", "params"), own={"weights": _count})
    narrow, wide = (space.architecture({"width": width, "op": "skip"}) for width in ("2", "3"))
    for architecture, scores in zip((narrow, wide), objective([narrow, wide]), strict=True):
        network = space.network(architecture)
        assert scores["params"] == network.params() and scores["weights"] == network.params()


def _count(probe):
    return sum(leaf.size for leaf in jax.tree.leaves(probe.params))


def test_what_cannot_be_scored_is_left_out_and_wrong_questions_are_named(quick):
    (found,) = Untrained(SPACE, IMAGES, LABELS, SCALE, ("zen", "params"))([cell("none", "none", "none")])
    assert set(found) == {"params"}
    with pytest.raises(ValueError, match="have no budget; given 3"):
        Untrained(SPACE, IMAGES, LABELS)([], 3)
    with pytest.raises(ValueError, match="unknown proxies snipp; allowed: gradient_norm, snip"):
        Untrained(SPACE, IMAGES, LABELS, names=("snipp",))
