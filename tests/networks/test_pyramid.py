"""Feature pyramids: what merge cells compute, and what the detectors of the papers count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import network_cost
from dartsx.kernels.initial_weights import normal
from dartsx.kernels.pixel_major.execute import Context, evaluate
from dartsx.networks import Read, Trace, network
from dartsx.networks.blocks.pyramid import Merge, MergeCell, Pyramid
from dartsx.networks.layers import Input
from dartsx.spaces.graphs.nas_fpn import nas_fpn, pyramid

SIDES = {3: 13, 4: 7, 5: 4, 6: 2, 7: 1}  # odd ones, so that maps do not divide each other


def by_the_rules(cells, maps):
    """The pyramid without its convolutions, by the rules of the release, one map [H, W, C] a level."""
    feats, levels, readers = list(maps.values()), list(maps), [0] * len(maps)

    def at(x, level, target):
        side = SIDES[target]
        if level >= target:
            near = (np.arange(side) + 0.5) * x.shape[0] // side
            return x[np.ix_(near.astype(int), near.astype(int))]
        window = 2 ** (target - level)
        room = side * window - x.shape[0]
        padded = np.pad(x, [(room // 2, room - room // 2)] * 2 + [(0, 0)], constant_values=-np.inf)
        return padded.reshape(side, window, side, window, -1).max((1, 3))

    for cell in cells:
        first, second = cell.inputs.sources
        a, b = (at(feats[i], levels[i], cell.level) for i in (first, second))
        readers[first] += 1
        readers[second] += 1
        if cell.merge.kind == "sum":
            new = a + b
        else:
            coarse, fine = (a, b) if levels[first] >= levels[second] else (b, a)
            new = coarse + fine / (1 + np.exp(-coarse.max((0, 1))))
        if cell.output:
            for i, x in enumerate(feats):
                if not readers[i] and levels[i] == cell.level:
                    readers[i] += 1
                    new = new + x
        feats, levels, readers = [*feats, new], [*levels, cell.level], [*readers, 0]
    return {cell.level: x for cell, x in zip(cells, feats[5:], strict=True) if cell.output}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_merge_cells_keep_to_the_rules_of_the_release(seed):
    rng = np.random.default_rng(seed)
    cells = [
        MergeCell(c.inputs, c.level, c.merge, c.output, convolved=False)
        for c in pyramid(nas_fpn.sample(rng).choices).cells
    ]
    maps = {level: rng.standard_normal((side, side, 2)) for level, side in SIDES.items()}
    trace = Trace()
    made = Pyramid(tuple(cells)).build(trace, {level: trace.add(Input(x.shape)) for level, x in maps.items()})
    with jax.enable_x64(True):
        values = evaluate(trace.steps, [jnp.asarray(x)[None] for x in maps.values()], {}, Context(None))
    for level, expected in by_the_rules(cells, maps).items():
        np.testing.assert_allclose(values[made[level].position][0], expected, rtol=1e-12)


def test_a_pyramid_must_make_every_level_once():
    trace = Trace()
    maps = {level: trace.add(Input((side, side, 2))) for level, side in SIDES.items()}
    with pytest.raises(ValueError, match=r"levels \[3, 4, 5, 6, 7\] makes levels \[3\]"):
        Pyramid((MergeCell(Read((0, 1)), 3, Merge("attention"), output=True),)).build(trace, maps)


# Published as 60.3 M parameters and 140.6 billion multiply-adds, and 34.0 M and 97.0 (tensorflow/tpu, 91 classes).
@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [("retinanet_nas_fpn", 60_078_743, 140_261_753_600), ("retinanet_fpn", 34_092_695, 96_880_198_400)],
)
def test_detectors_count_as_published(name, params, macs):
    cost = network_cost(network(name, classes=91), 640)
    assert (cost.params, cost.macs) == (params, macs)


def test_the_published_pyramids_alone_have_their_parameters():
    steps = network("retinanet_nas_fpn").trace(640)
    assert sum(step.params for step in steps if "/pyramid" in step.name) == 49 * (9 * 256 * 256 + 3 * 256)


def test_heads_of_all_levels_share_their_convolutions_and_count_them_once():
    steps = [step for step in network("small_fpn").trace() if "head/block0/head/classes/" in step.name]
    convolutions = [step for step in steps if step.name.endswith("conv1")]
    assert len(convolutions) == 5 and len({step.tied or step.name for step in convolutions}) == 1
    assert [step.params > 0 for step in convolutions] == [True] + [False] * 4
    weights = normal(jax.random.key(0), steps)
    assert sum("conv1" in name for name in weights) == 1 and sum("norm1" in name for name in weights) == 5


@pytest.mark.parametrize("name", ["panet", "bifpn"])
def test_hand_made_pyramids_read_every_map_that_comes_in(name):
    steps = network(f"small_{name}").trace(64)
    read = {i for step in steps for i in step.inputs}
    assert all(i in read for i in range(len(steps) - 1))
