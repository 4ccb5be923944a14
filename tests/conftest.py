"""What all tests share: reference figures, float64, comparison, quick compilation."""

import contextlib
import os
import pathlib
import subprocess
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import numpy as np
import pytest

from dartsx.networks import (
    Choice,
    Depth,
    Graph,
    Levels,
    Network,
    Node,
    Path,
    Pick,
    Read,
    Tree,
    TreeNode,
    Trellis,
    Width,
)
from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.path_cell import OpenPathCell
from dartsx.networks.blocks.residual import Bottleneck
from dartsx.networks.blocks.segmentation import Decoder
from dartsx.networks.blocks.shortcut import Residual, pooled
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.blocks.upscaling import Doubled, PlainGrouped, Recursive, Shuffled
from dartsx.networks.layers import GlobalPool, Resize
from dartsx.networks.open.pair_trellis import PairTrellis
from dartsx.networks.open.size import each

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


@pytest.fixture(scope="session")
def reference_dir() -> pathlib.Path:
    """Folder of published figures that tests compare with; its README names their sources."""
    return TESTS / "reference"


@pytest.fixture(scope="session")
def cifar_dir(tmp_path_factory):
    """TFDS folder with the JPEG copy of CIFAR-10, 18 MB of pictures that are too large for the repository."""
    script = ROOT.parent / "shared" / "data" / "prepare_cifar10.py"
    if not script.is_file():
        pytest.skip(f"needs the copy of CIFAR-10 (18 MB, not in the repository) beside the checkout: {script}")
    folder = tmp_path_factory.mktemp("tfds")
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def golden() -> pathlib.Path:
    """Folder with the golden numbers; DARTSX_GOLDEN names another set of the same layout."""
    folder = pathlib.Path(os.environ.get("DARTSX_GOLDEN", TESTS / "golden"))
    assert folder.is_dir(), f"DARTSX_GOLDEN={folder} is no folder"
    return folder


def _relative_error(given, expected):
    """Largest difference over the largest expected value."""
    given, expected = np.asarray(given), np.asarray(expected)
    assert given.shape == expected.shape, f"shape {given.shape}, expected {expected.shape}"
    assert np.isfinite(given).all()
    scale = np.abs(expected).max(initial=0)
    return float(np.abs(given - expected).max(initial=0) / (scale or 1))


def _check_golden(computed, expected, dtype):
    """Every expected array was computed, in the dtype asked for, within its tolerance."""
    missing = sorted(set(expected) - set(computed))
    assert not missing, f"not computed: {missing[:5]}"
    errors = {key: _relative_error(computed[key], value) for key, value in expected.items()}
    worst = max(errors, key=errors.get)
    assert errors[worst] <= TOLERANCE[dtype], f"{worst}: relative error {errors[worst]:.2e}"


@pytest.fixture(scope="session")
def relative_error():
    return _relative_error


@pytest.fixture(scope="session")
def check_golden():
    return _check_golden


@pytest.fixture(scope="session")
def load_golden(golden):
    """Arrays of one golden file by name."""

    def load(name):
        with np.load(golden / name) as file:
            return {key: file[key] for key in file.files}

    return load


@pytest.fixture(scope="session")
def precision():
    """Context in which arrays of this dtype ("float64" or "float32") keep it."""
    return lambda dtype: jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext()


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


_JIT = jax.jit
# Half to a third of the time: no optimisation by LLVM, and of two ways to emit fusions the quicker one.
_QUICK = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}


def _known(options: dict) -> dict:
    """Those that this version of XLA still has; names come and go with jax."""

    def knows(name):
        try:
            jax.jit(lambda: 0, compiler_options={name: options[name]})()
        except jax.errors.JaxRuntimeError as error:
            assert "No such compile option" in str(error)
            return False
        return True

    return {name: value for name, value in options.items() if knows(name)}


@pytest.fixture(scope="session")
def quick_options():
    """Compiler options for functions that run once or twice."""
    return _known(_QUICK)


@pytest.fixture(scope="session")
def quick_jit(quick_options):
    """`jax.jit` that compiles quickly and badly."""

    def jit(function, compiler_options=None, **arguments):
        return _JIT(function, compiler_options={**(compiler_options or {}), **quick_options}, **arguments)

    return jit


# --------------------------------------------------------------------------- small open networks
WIDTH, EXPANSION = Width("width", (8, 12)), Width("expansion", (2, 3))


def operator(name):
    """One of two kernels with a shared width and expansion, or nothing."""
    blocks = {f"k{k}": InvertedBottleneck(WIDTH, EXPANSION, kernel=k, se=SqueezeExcite(1 / 4)) for k in (3, 5)}
    return Choice(name, {**blocks, "skip": None})


def net(name, *stages):
    """Stages between a stem of an open width and a classifier."""
    return Network(name, (ConvNorm(WIDTH, 3),), stages, (Classifier(3),), "a test", 8)


def chain():
    """A depth whose blocks choose their operator."""
    return net("chain", (Depth("depth", (1, 2, 3), tuple(operator(f"op{i}") for i in range(3))),))


def graph():
    """Nodes that pick what they read, summed and concatenated, one of them behind an open block."""
    nodes = (
        Node(Read((0,)), ConvNorm(6, 1)),
        Node(Read((1,)), Choice("op", {"wide": ConvNorm(6), "none": None})),
        Node(Pick("two", 1, (1, 2)), ConvNorm(6, 1)),
        Node(Pick("three", 2, (1, 2, 3)), ConvNorm(6, 1), "concat"),
        Node(Pick("four", 2, (1, 2, 3, 4))),
    )
    return net("graph", (Graph(nodes, (3, 5)),))


def trellis(layers=4, levels=3):
    """Two channels more at every level, and cells with a decision at each place."""

    def cell(layer, level):
        block = ConvNorm(4 + 2 * level, 3)
        return Choice(f"op/{layer}/{level}", {"one": block, "two": Chain((block, block))}) if layer == 1 else block

    cells = tuple(tuple(cell(layer, level) for level in range(levels)) for layer in range(layers))
    down = tuple(ConvNorm(6 + 2 * level, 3, 2) for level in range(levels - 1))
    up = tuple(ConvNorm(4 + 2 * level, 1) for level in range(levels - 1))
    head = Chain((ConvNorm(5, 1), GlobalPool(keep=True)))
    blocks = Levels(cells, down, up, (head,) * levels)
    return net("trellis", (ConvNorm(4), Trellis(Path("path", layers, levels), blocks)))


def pairs(layers=3, levels=2):
    """A trellis whose cells read the two layers before them, with decoder."""
    names = ("separable_3x3", "skip_connect", "none")
    cells = tuple(
        tuple(OpenPathCell("cell", 1, 2 + level, move, names) for move in (-1, 0, 1)) for level in range(levels)
    )
    blocks = PairTrellis(
        Path("path", layers, levels), cells, (ConvNorm(3, 1),) * levels, Decoder(3, features=4, narrowed=2)
    )
    return Network("pairs", (ConvNorm(3), ConvNorm(4, 3, 2)), ((blocks,),), (), "a test", 8)


def nested():
    """Choices inside options, one of them shared by two places, and a depth of at least nothing."""
    inner = Choice("inner", {"a": ConvNorm(WIDTH, 1), "b": ConvNorm(WIDTH, 3)})
    outer = Choice("outer", {"deep": Depth("n", (0, 2), (inner,)), "flat": inner, "skip": None})
    return net("nested", (outer, Choice("last", {"again": inner, "skip": None})))


def widening():
    """A choice of blocks that change the width to an open one, and a residual block behind it."""
    blocks = {"conv": ConvNorm(WIDTH, 3), "bottleneck": InvertedBottleneck(WIDTH, 2)}
    later = Choice("later", {"pooled": Residual(ConvNorm(WIDTH, 3), pooled(WIDTH, 3, 1, False)), "skip": None})
    return Network("widening", (ConvNorm(4),), ((Choice("first", blocks), later),), (Classifier(3),), "a test", 8)


def grouped():
    """Bottlenecks of an open width, ratio and group width."""
    ratio, group = Width("ratio", (1, 2)), Width("group", (2, 4, 8))
    inner = each(max, group, Width("wide", (8, 16)) // ratio)
    block = Bottleneck(inner * ratio, inner, 1, inner // group)
    return net("grouped", (ConvNorm(inner * ratio), Depth("depth", (1, 2), (block,))))


def tree():
    """Paths that double the map or not, to cells with an open width and a convolution that shares its weights."""

    def cell(word):
        again = Chain((ConvNorm(WIDTH, 1), Recursive()))
        return Chain((Choice(f"{word}/op", {"again": again, "grouped": PlainGrouped(WIDTH)}), ConvNorm(8, 1)))

    heads = [Chain((Shuffled(2, factor), Resize((4, 4)), GlobalPool(keep=True))) for factor in (2, 1)]
    nodes = (("c", cell("c")), ("u", Doubled(8)), ("cu", Doubled(8)), ("uc", cell("uc")))
    paths = tuple(TreeNode(word, block, heads[word.count("u")]) for word, block in nodes)
    return Network("tree", (ConvNorm(8),), ((Tree("path", paths),),), (Classifier(3),), "a test", 8)


OPEN = {
    **{"chain": chain, "graph": graph, "trellis": trellis, "nested": nested, "widening": widening},
    **{"grouped": grouped, "pairs": pairs, "tree": tree},
}


@pytest.fixture(scope="session")
def open_networks():
    """Functions that write small open networks down, by name."""
    return OPEN
