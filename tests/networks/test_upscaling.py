"""Networks for super-resolution: exact counts, pixel shuffles, shared convolutions, and the tree of paths."""

import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.kernels.pixel_major.execute import Context, execute
from dartsx.networks import Network, Tree, TreeNode, close, decisions_of, network
from dartsx.networks.blocks.conv import ConvNorm
from dartsx.networks.blocks.upscaling import Recursive
from dartsx.networks.layers import PixelShuffle
from dartsx.spaces.chains.trilevel_images import PAPERS, trilevel_small_x2, trilevel_x4

# EDSR's baseline without the fixed shifts of its released code; the paper says 1.5M of both scales together.
PARAMS = {"edsr_baseline_x2": 1_369_859, "edsr_baseline_x4": 1_517_571, "srcnn_x2": 20_099, "bicubic_x4": 0}


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_and_the_size_of_the_image(name):
    made = network(name)
    scale = int(name[-1])
    assert made.params() == PARAMS[name] and made.trace(16)[-1].shape == (16 * scale, 16 * scale, 3)
    assert network(name, 1).trace()[-1].shape[-1] == 1


def test_a_pixel_shuffle_puts_channels_into_rows_and_columns():
    steps = Network("shuffle", (PixelShuffle(2),), (), (), "a test", 3, channels=8).trace()
    x = np.arange(3 * 3 * 8).reshape(1, 3, 3, 8).astype(np.float32)
    y = np.asarray(execute(steps, [jnp.asarray(x)], {}, Context(normalize=None)))
    for h, w, i, j, c in ((0, 0, 0, 1, 0), (2, 1, 1, 0, 1), (1, 2, 1, 1, 0)):
        assert y[0, 2 * h + i, 2 * w + j, c] == x[0, h, w, 4 * c + 2 * i + j]


def test_a_recursive_convolution_has_its_weights_once_and_counts_as_often_as_it_is_computed():
    once, twice = (Network("n", (Recursive(times),), (), (), "a test", 5, channels=2) for times in (1, 2))
    assert once.params() == twice.params() and 2 * once.macs() == twice.macs()
    random = np.random.default_rng(0)
    weights = {"stem/block0/conv": {"kernel": jnp.asarray(random.normal(size=(3, 3, 2, 2))), "bias": jnp.ones(2)}}
    x = jnp.asarray(random.normal(size=(1, 5, 5, 2)))
    context = Context(normalize=None)
    expected = execute(once.trace(), [execute(once.trace(), [x], weights, context)], weights, context)
    np.testing.assert_allclose(execute(twice.trace(), [x], weights, context), expected, rtol=1e-6)


def test_a_path_through_a_tree_is_its_blocks_and_the_head_at_its_end():
    nodes = tuple(TreeNode(word, ConvNorm(4, 2 * len(word) - 1), ConvNorm(1, 1)) for word in ("a", "b", "ab", "abb"))
    tree = Network("tree", (Tree("path", nodes),), (), (), "a test", 5)
    assert decisions_of(tree)["path"].options == ("a", "b", "ab", "abb")
    assert tree.stem[0].growing == (("b",), ("a", "ab", "abb"))
    kernels = [step.layer.kernel[0] for step in close(tree, {"path": "abb"}).trace() if step.weights.get("kernel")]
    assert kernels == [1, 3, 5, 1]
    with pytest.raises(ValueError, match="node 'ba' is there already, or not behind its beginning"):
        Tree("path", (nodes[0], TreeNode("ba", nodes[0].block, nodes[0].head)))


def test_the_spaces_count_what_their_formula_says():
    assert len(trilevel_x4.decisions["path"].options) == 55  # as the released code has feature maps
    ways, forms = (3, 6, 10, 15, 21), 4**5 * 5**4  # paths of one to five cells, forms of a cell
    expected = sum(count * forms**cells for cells, count in enumerate(ways, 1))
    assert trilevel_x4.count() == PAPERS[4].count() == expected
    assert trilevel_small_x2.count() == 2 * 32 + 3 * 32**2
    assert trilevel_small_x2.count() == len(list(trilevel_small_x2))
