"""Checkpoints with the names of the original DARTS repository load into derived networks."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.nn import CellNetwork
from dartsx.nn.places import from_steps
from dartsx.nn.pytorch import from_pytorch
from dartsx.nn.pytorch_files import read_state
from dartsx.spaces import Cell, Edge, Genotype


def cell(*entries):
    return Cell(tuple(Edge(name, source, 2 + k // 2) for k, (name, source) in enumerate(entries)), (2, 3))


# Edges of a node stand in another order than their sources.
NORMAL = cell(("sep_conv_3x3", 1), ("skip_connect", 0), ("dil_conv_5x5", 2), ("max_pool_3x3", 0))
REDUCE = cell(("skip_connect", 1), ("sep_conv_5x5", 0), ("avg_pool_3x3", 2), ("conv_7x1_1x7", 1))
C, LAYERS, CLASSES = 4, 3, 5


def network(stem, auxiliary=True):
    return CellNetwork(Genotype(NORMAL, REDUCE), C, LAYERS, CLASSES, stem, auxiliary)


def variables_of(module, state):
    """The checkpoint as the module's own variables; the auxiliary head of ImageNet's network needs large images."""
    size = module.description.image_size
    images = jnp.zeros((1, size, size, 3))
    like = jax.eval_shape(lambda key: module.init(key, images, True), jax.random.key(0))
    steps = module.description.trace((size, size, 3), auxiliary=True)
    return from_steps(module.places(steps), from_pytorch(module.description, state), like)


# ------------------------------------------------------------------------------- the same networks in PyTorch
def networks_of_darts(torch):
    """Two classes, for CIFAR and for ImageNet, whose state dicts have the repository's names."""
    nn, functional = torch.nn, torch.nn.functional

    def unit(c, k, stride, dilation=1):
        padding = dilation * (k // 2)
        depthwise = nn.Conv2d(c, c, k, stride, padding, dilation, groups=c, bias=False)
        return nn.ReLU(), depthwise, nn.Conv2d(c, c, 1, bias=False), nn.BatchNorm2d(c)

    class Inside(nn.Module):
        """A chain that is called op."""

        def __init__(self, *layers):
            super().__init__()
            self.op = nn.Sequential(*layers)

        def forward(self, x):
            return self.op(x)

    class Halving(nn.Module):
        def __init__(self, inputs, c):
            super().__init__()
            self.conv_1, self.conv_2 = (nn.Conv2d(inputs, c // 2, 1, 2, bias=False) for _ in range(2))
            self.bn = nn.BatchNorm2d(c)

        def forward(self, x):
            x = functional.relu(x)
            return self.bn(torch.cat([self.conv_1(x), self.conv_2(x[:, :, 1:, 1:])], 1))

    operations = {
        "sep_conv_3x3": lambda c, s: Inside(*unit(c, 3, s), *unit(c, 3, 1)),
        "sep_conv_5x5": lambda c, s: Inside(*unit(c, 5, s), *unit(c, 5, 1)),
        "dil_conv_5x5": lambda c, s: Inside(*unit(c, 5, s, 2)),
        "skip_connect": lambda c, s: nn.Identity() if s == 1 else Halving(c, c),
        "max_pool_3x3": lambda c, s: nn.MaxPool2d(3, s, 1),
        "avg_pool_3x3": lambda c, s: nn.AvgPool2d(3, s, 1, count_include_pad=False),
        "conv_7x1_1x7": lambda c, s: nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(c, c, (1, 7), (1, s), (0, 3), bias=False),
            nn.Conv2d(c, c, (7, 1), (s, 1), (3, 0), bias=False),
            nn.BatchNorm2d(c),
        ),
    }

    class OneCell(nn.Module):
        def __init__(self, before, last, c, reduces, halves):
            super().__init__()
            self.edges = (REDUCE if reduces else NORMAL).edges
            self.preprocess0, self.preprocess1 = (
                Halving(n, c) if half else Inside(nn.ReLU(), nn.Conv2d(n, c, 1, bias=False), nn.BatchNorm2d(c))
                for n, half in ((before, halves), (last, False))
            )
            strides = (2 if reduces and edge.source < 2 else 1 for edge in self.edges)
            self._ops = nn.ModuleList(operations[e.primitive](c, s) for e, s in zip(self.edges, strides, strict=True))

        def forward(self, before, last):
            states = [self.preprocess0(before), self.preprocess1(last)]
            for i in range(0, len(self.edges), 2):
                states.append(sum(self._ops[k](states[self.edges[k].source]) for k in (i, i + 1)))
            return torch.cat(states[2:], 1)

    class Head(nn.Module):
        def __init__(self, inputs, small):
            super().__init__()
            norm = (nn.BatchNorm2d(768),) if small else ()
            pool = nn.AvgPool2d(5, 3 if small else 2, count_include_pad=False)
            first = nn.ReLU(), pool, nn.Conv2d(inputs, 128, 1, bias=False), nn.BatchNorm2d(128), nn.ReLU()
            self.features = nn.Sequential(*first, nn.Conv2d(128, 768, 2, bias=False), *norm, nn.ReLU())
            self.classifier = nn.Linear(768, CLASSES)

    def conv_norm(inputs, features, stride):
        return nn.Conv2d(inputs, features, 3, stride, 1, bias=False), nn.BatchNorm2d(features)

    class Whole(nn.Module):
        def __init__(self, stem):
            super().__init__()
            if stem == "cifar":
                self.stem, width = nn.Sequential(*conv_norm(3, 3 * C, 1)), 3 * C
            else:
                self.stem0 = nn.Sequential(*conv_norm(3, C // 2, 2), nn.ReLU(), *conv_norm(C // 2, C, 2))
                self.stem1, width = nn.Sequential(nn.ReLU(), *conv_norm(C, C, 2)), C
            self.cells, widths, c = nn.ModuleList(), [width, width], C
            halves = stem == "imagenet"
            for i in range(LAYERS):
                reduces = i in (LAYERS // 3, 2 * LAYERS // 3)
                c *= 2 if reduces else 1
                self.cells.append(OneCell(*widths, c, reduces, halves))
                widths, halves = [widths[1], 2 * c], reduces
            self.auxiliary_head = Head(widths[1], stem == "cifar")
            self.classifier = nn.Linear(widths[1], CLASSES)

        def forward(self, x):
            states = [self.stem(x)] * 2 if hasattr(self, "stem") else [self.stem0(x)]
            states = states if len(states) == 2 else [states[0], self.stem1(states[0])]
            for one in self.cells:
                states = [states[1], one(*states)]
            return self.classifier(states[1].mean((2, 3)))

    return Whole


@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_logits_equal_those_of_pytorch(stem, quick_jit):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")
    torch.manual_seed(0)
    theirs = networks_of_darts(torch)(stem).eval()
    for name, value in theirs.state_dict().items():  # in place: statistics that differ
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.1)
    images = np.random.default_rng(0).normal(size=(3, 32, 32, 3)).astype(np.float32)
    with torch.no_grad():
        expected = theirs(torch.tensor(images.transpose(0, 3, 1, 2))).numpy()
    module = network(stem)
    state = {f"module.{name}": value for name, value in theirs.state_dict().items()}
    variables = variables_of(module, state)
    logits = quick_jit(lambda v, x: module.apply(v, x, False).main)(variables, images)
    assert np.ptp(expected) > 1e-2
    np.testing.assert_allclose(logits, expected, atol=1e-4)


# ------------------------------------------------------------------------------------------ without PyTorch
def arrays_of_darts():
    """A state dict of arrays: shapes as PyTorch has them, by hand for the first cell and the second one's inputs."""
    rng = np.random.default_rng(0)
    state = {}

    def conv(name, *shape):
        state[f"{name}.weight"] = rng.normal(size=shape)

    def norm(name, c):
        for array in ("weight", "bias", "running_mean", "running_var"):
            state[f"{name}.{array}"] = rng.uniform(0.5, 1.5, c)
        state[f"{name}.num_batches_tracked"] = np.int64(7)

    conv("stem.0", 12, 3, 3, 3), norm("stem.1", 12)
    for i in (0, 1):
        conv(f"cells.0.preprocess{i}.op.1", 4, 12, 1, 1), norm(f"cells.0.preprocess{i}.op.2", 4)
    for first in (1, 5):
        conv(f"cells.0._ops.0.op.{first}", 4, 1, 3, 3), conv(f"cells.0._ops.0.op.{first + 1}", 4, 4, 1, 1)
        norm(f"cells.0._ops.0.op.{first + 2}", 4)
    conv("cells.0._ops.2.op.1", 4, 1, 5, 5), conv("cells.0._ops.2.op.2", 4, 4, 1, 1), norm("cells.0._ops.2.op.3", 4)
    conv("classifier", CLASSES, 8)
    state["classifier.bias"] = rng.normal(size=CLASSES)
    return state


@pytest.fixture
def small():
    """A network of one normal cell, which DARTS's rule for reductions would not make."""
    description = network("cifar", auxiliary=False).description
    return dataclasses.replace(description, stages=description.stages[:1], labels=("stem", "cell0", "classifier"))


def test_arrays_of_a_known_layout_are_found_without_pytorch(small):
    state = arrays_of_darts()
    found = from_pytorch(small, state)
    pointwise = found["params"]["cell0/1-2/pointwise2"]["kernel"]
    np.testing.assert_array_equal(pointwise[0, 0], state["cells.0._ops.0.op.6.weight"][:, :, 0, 0].T)
    np.testing.assert_array_equal(
        found["batch_stats"]["cell0/2-3/norm"]["var"], state["cells.0._ops.2.op.3.running_var"]
    )
    assert found["params"]["classifier/classifier"]["kernel"].shape == (8, CLASSES)


def test_an_auxiliary_head_is_left_out_where_the_network_has_none(small):
    state = arrays_of_darts()
    head = {"auxiliary_head.classifier.bias": np.zeros(CLASSES)}
    expected, found = from_pytorch(small, state), from_pytorch(small, state | head)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_checkpoints_that_do_not_fit_are_refused_by_name(small):
    state = arrays_of_darts()
    with pytest.raises(ValueError, match=r"the checkpoint has cells.1.bn.bias, which cifar has not"):
        from_pytorch(small, state | {"cells.1.bn.bias": np.zeros(4)})
    missing = {name: array for name, array in state.items() if name != "stem.1.running_mean"}
    with pytest.raises(ValueError, match=r"the checkpoint has no stem.1.running_mean, .* needs for stem/norm"):
        from_pytorch(small, missing)
    with pytest.raises(ValueError, match=r"classifier.weight has shape \(10, 8\), which does not fit"):
        from_pytorch(small, state | {"classifier.weight": np.zeros((10, 8))})
    other = Cell((Edge("nor_conv_3x3", 0, 2), Edge("skip_connect", 1, 2)), (2,))
    with pytest.raises(ValueError, match=r"the DARTS repository has no operation with the layer cell0/0-2/conv"):
        from_pytorch(CellNetwork(Genotype(other, other), C, 3, CLASSES).description, state)


def test_files_without_tensors_are_refused(tmp_path):
    np.savez(tmp_path / "state.npz", **arrays_of_darts())
    assert read_state(tmp_path / "state.npz").keys() == arrays_of_darts().keys()
    (tmp_path / "broken.npz").write_text("no archive")
    with pytest.raises(ValueError, match=r"broken.npz is no .npz of arrays"):
        read_state(tmp_path / "broken.npz")
    with pytest.raises(FileNotFoundError, match=r"no such file: .*none.pt"):
        read_state(tmp_path / "none.pt")


def test_files_of_pytorch_are_read_without_executing_them(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")
    state = {"stem.1.weight": torch.arange(3.0)}
    for name, given in {"plain.pt": state, "inside.pth.tar": {"epoch": 3, "state_dict": state}}.items():
        torch.save(given, tmp_path / name)
        np.testing.assert_array_equal(read_state(tmp_path / name)["stem.1.weight"], [0, 1, 2])
    torch.save({"epoch": 3}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match=r"other.pt holds no state dict"):
        read_state(tmp_path / "other.pt")
    (tmp_path / "text.pt").write_text("no tensors")
    with pytest.raises(ValueError, match=r"text.pt is no file of tensors that PyTorch reads"):
        read_state(tmp_path / "text.pt")
