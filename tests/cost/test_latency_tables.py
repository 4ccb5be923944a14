"""Tables of latencies of others: exact at one-hot mixtures, published figures, missing blocks named."""

import csv
import json
import lzma
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.cost import expected_cost
from dartsx.cost.latency_table import BlockShape, LatencyTable, blocks, expected_latency_of, latency_of, read_table
from dartsx.networks import Choice, Depth, Network, Width, close, network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.nn import supernet_of
from dartsx.search import Task, compose
from dartsx.search.bound import Bound, bounded
from dartsx.spaces import SPACES, DescribedSpace
from dartsx.spaces.chains import fbnet
from dartsx.spaces.chains.proxyless import NAMES, label
from dartsx.spaces.members import member


@pytest.fixture(scope="module")
def hardware():
    folder = pathlib.Path(__file__).parents[2].parent / "shared" / "reference" / "hardware"
    if not folder.is_dir():
        pytest.skip(f"needs the collected tables of latencies beside the checkout: {folder}")
    return folder


def weight_of(arch):
    chosen = arch.choices
    return lambda name, option: float(chosen.get(name) == option)


@pytest.mark.parametrize(("name", "file", "size"), [
    ("proxyless_search", "proxyless_pixel1_lut.csv", None),
    ("ofa_1_2", "ofa_note10_lut.csv", 192),
])  # fmt: skip
def test_expected_latency_is_that_of_the_network_at_one_hot_mixtures(hardware, name, file, size):
    space, table, rng = SPACES[name], read_table(hardware / file, size), np.random.default_rng(0)
    expected = expected_latency_of(space.description(), table, size)
    for _ in range(5):
        arch = space.sample(rng)
        exact = latency_of(space.network(arch), table, size)
        assert expected(weight_of(arch)) == pytest.approx(exact, rel=1e-12) and exact > 0


def test_a_released_network_runs_as_fast_as_its_name_says(hardware):
    predicted = latency_of(network("ofa-note10-30"), read_table(hardware / "ofa_note10_lut.csv", 224))
    assert predicted == pytest.approx(30, rel=0.002)


def test_the_linear_model_gives_the_printed_figure(hardware):
    space = SPACES["proxyless"]
    expected = read_table(hardware / "tunas_proxylessnas_pixel1.json").expected(space.description())
    assert expected(weight_of(member("ProxylessNAS-Mobile"))) == pytest.approx(84.4162, abs=1e-4)  # the paper: 84
    first, middle = "k5_e3 skip skip skip k5_e6 k5_e3 k5_e3 k3_e3", "k7_e6 k5_e6 k7_e6 k7_e6 k5_e6 k3_e3 k5_e3 k5_e3"
    columns = f"{first} {middle} k5_e6 k7_e3 k3_e3 k5_e3 k7_e6".split()
    released = space.architecture(dict(zip(NAMES, columns, strict=True)))
    assert expected(weight_of(released)) == pytest.approx(84.0167, abs=1e-4)
    assert label(5, 3) == "k5_e3"


@pytest.mark.parametrize("device", ["raspi4", "pixel3", "eyeriss", "fpga"])
def test_sums_over_the_blocks_of_fbnet_are_the_benchmarks(hardware, device):
    path, space = hardware / "hwnas_fbnet_cifar100_lut.json", SPACES["fbnet"]
    expected, ops = read_table(f"{path}:{device}").expected(space.description()), json.loads(path.read_text())["ops"]
    with lzma.open(hardware / "help_fbnet_latency.csv.xz", "rt") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(200), strict=False)]
    for row in rows:
        chosen = {name: ops[int(digit)] for name, digit in zip(fbnet.NAMES, row["ops"], strict=True)}
        assert expected(weight_of(space.architecture(chosen))) == pytest.approx(float(row[device]), abs=2e-4)


def test_a_table_of_positions_is_the_sum_of_its_entries(hardware):
    space, expected = (
        SPACES["fbnet"],
        read_table(hardware / "fbnet_cpu_lut.csv").expected(SPACES["fbnet"].description()),
    )
    with open(hardware / "fbnet_cpu_lut.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for option, column in (("k5_e1_g2", "ir_k5_s2_us"), ("skip", "skip_us")):
        arch = space.architecture(dict.fromkeys(fbnet.NAMES, option))
        assert expected(weight_of(arch)) == pytest.approx(sum(float(row[column]) for row in rows) / 1e3)
    assert expected.least(space.decisions) == pytest.approx(
        sum(min(float(row[name]) for name in row if name.endswith("_us")) for row in rows) / 1e3
    )


def test_linear_models_that_do_not_fit_are_refused(hardware):
    path = hardware / "hwnas_fbnet_cifar100_lut.json"
    with pytest.raises(ValueError, match="unknown device 'pixel4' .did you mean pixel3"):
        read_table(f"{path}:pixel4")
    table = read_table(f"{path}:pixel3")
    with pytest.raises(ValueError, match="pixel3 has no time of .*=k7_e3; it has k3_e1"):
        table.expected(SPACES["proxyless"].description())
    with pytest.raises(ValueError, match="has times of 22 positions, not of"):
        table.expected(SPACES["mnasnet"].description())
    with pytest.raises(ValueError, match="was measured for batch size 1, not 8"):
        table.check(8, "float32", (32, 32, 3))


WIDTH = Width("w", (8, 16))
OPEN = Network(
    "x",
    (ConvNorm(WIDTH, 3, 2),),
    ((Depth("d", (1, 2), tuple(
        Choice(f"op{i}", {**{f"k{k}": InvertedBottleneck(WIDTH, 3, kernel=k) for k in (3, 5)}, "skip": None})
        for i in (1, 2)
    )),),),
    (Classifier(10),),
    "",
    8,
)  # fmt: skip


def times(*kernels):
    made = {BlockShape("logits", 0, width, 0, 10): 0.25 for width in (8, 16)}
    made |= {BlockShape("conv", 8, 3, 4, width): width / 8 for width in (8, 16)}
    for width in (8, 16):
        for kernel in kernels:
            made[BlockShape("bottleneck", 4, width, 4, width, 3 * width, kernel, 1, True)] = kernel * width
    return LatencyTable("mine", made)


def test_latency_under_a_mixture_by_hand_and_its_gradient():
    expected = expected_latency_of(OPEN, times(3, 5))
    rows = {"w": {"8": 0.25, "16": 0.75}, "d": {"1": 0.5, "2": 0.5}}
    rows |= {"op1": {"k3": 1.0, "k5": 0.0, "skip": 0.0}, "op2": {"k3": 0.5, "k5": 0.25, "skip": 0.25}}
    mean = 0.25 * 8 + 0.75 * 16
    by_hand = mean / 8 + 0.25 + 3 * mean + 0.5 * (1.5 + 1.25) * mean
    assert expected(lambda name, option: rows[name][option]) == by_hand

    def of_op2(row):
        return expected(
            lambda name, option: row[["k3", "k5", "skip"].index(option)] if name == "op2" else rows[name][option]
        )

    gradient = jax.grad(of_op2)(jnp.array([0.5, 0.25, 0.25]))
    assert gradient.tolist() == [0.5 * 3 * mean, 0.5 * 5 * mean, 0]


def test_a_block_that_the_table_lacks_is_named():
    with pytest.raises(ValueError, match=r"mine has no time of stage1/block0/block0/k5: bottleneck 4x8 -> 4x8, 24 exp"):
        expected_latency_of(OPEN, times(3))
    chosen = {"w": "8", "d": "1", "op1": "k3"}
    assert latency_of(close(OPEN, chosen), times(3)) == 1 + 0.25 + 24


def test_gates_and_activations_belong_to_the_block():
    block = InvertedBottleneck(8, 2, kernel=5, stride=2, se=SqueezeExcite(1 / 4), act="hard_swish")
    found = blocks(Network("x", (block,), (), (Classifier(2),), "", 9))
    assert [b.shape for b in found] == [
        BlockShape("bottleneck", 9, 3, 5, 8, 6, 5, 2, False, True, True),
        BlockShape("pool", 5, 8, 1, 8),
        BlockShape("logits", 0, 8, 0, 2),
    ]


def test_files_that_are_no_tables_are_refused(hardware, tmp_path):
    with pytest.raises(ValueError, match="has times for images of 160, 176, 192, 208, 224, not 100"):
        read_table(hardware / "ofa_note10_lut.csv", 100)
    with pytest.raises(ValueError, match="missing: h_in"):
        (tmp_path / "x.csv").write_text("type,c_in\nConv,3\n")
        read_table(tmp_path / "x.csv")
    with pytest.raises(ValueError, match="no.csv: No such file"):
        read_table(tmp_path / "no.csv")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ValueError, match="is no linear model of latencies"):
        read_table(tmp_path / "x.json")


def written(table, path):
    """The table as a file of ProxylessNAS's form."""
    lines = ["type,h_in,c_in,h_out,c_out,expansion,kernel,stride,residual,mean_ms"]
    kinds = {"bottleneck": "expanded_conv", "conv": "Conv", "logits": "Logits"}
    for at, ms in table.times.items():
        sizes = f"{at.size_in},{at.channels_in},{at.size_out},{at.channels_out}"
        lines.append(f"{kinds[at.kind]},{sizes},3,{at.kernel},{at.stride},{int(at.residual)},{ms}")
    path.write_text("\n".join(lines))
    return path


def test_a_search_is_bound_to_the_latency_of_a_table(tmp_path):
    space = DescribedSpace(OPEN)
    supernet = supernet_of(space, channels=1, layers=1, classes=10)
    method = compose("darts", Task(space, {"decisions": 1}))
    bound = Bound("latency", 10.0, table=str(written(times(3, 5), tmp_path / "mine.csv")))
    alpha = {"decisions": jnp.zeros(space.alpha_shapes["decisions"])}
    uniform = {name: 1 / len(decision.options) for name, decision in space.decisions.items()}
    expected = expected_latency_of(OPEN, times(3, 5))(lambda name, option: uniform[name])
    added = bounded(method, bound, supernet, (8, 8, 3)).bound(0.0, alpha)
    assert float(added) == pytest.approx(expected / 10, rel=1e-5)


def test_latency_needs_a_table_and_a_described_space():
    with pytest.raises(ValueError, match="latency needs a table"):
        expected_cost(supernet_of(DescribedSpace(OPEN)), 8, "latency")
    with pytest.raises(ValueError, match="tables of latencies hold blocks of described networks"):
        expected_cost(supernet_of(SPACES["nb201"]), 8, "latency", times(3, 5))
