"""The NAS-Bench-201 table: facts that papers quote, ways to name a cell, and what is refused."""

import lzma

import numpy as np
import pytest

from dartsx.spaces import GenotypeError, nb201
from dartsx.tabular import TableError, load_nb201
from dartsx.tabular.files import shipped


@pytest.fixture(scope="module")
def path():
    return shipped("nb201.csv.xz")


@pytest.fixture(scope="module")
def table():
    return load_nb201()


def test_optima_are_those_that_are_known(table):
    assert table.best() == (6111, pytest.approx(94.3733))
    assert table.best("cifar100") == (9930, pytest.approx(73.5133))
    assert table.best("in16") == (857, pytest.approx(47.3111))


def test_a_cell_is_named_by_topology_string_or_index(table):
    skips = nb201.uniform_cell("skip_connect")
    for cell in (skips, str(skips), 1835, np.int64(1835)):
        assert table.accuracy(cell) == pytest.approx(54.2967, abs=1e-3)
        assert table.params(cell) == 73_306 and table.flops(cell) == 7_783_050
    assert table.accuracy(skips, "in16") == pytest.approx(16.322, abs=1e-3)
    assert table.accuracy(6111, epochs=12, split="valid") == pytest.approx(84.384)
    assert table.accuracy(6111, "cifar100", epochs=12) == pytest.approx(60.3)


def test_multiply_adds_follow_from_the_convolutions(table):
    counts = np.array([[t.count("nor_conv_3x3"), t.count("nor_conv_1x1")] for t in nb201.topologies()])
    np.testing.assert_array_equal(table.columns["flops_cifar10"], 7_783_050 + counts @ [35_389_440, 3_932_160])


def test_isomorphic_cells_are_those_of_the_benchmark(table):
    assert table.unique_ids.max() == 6_465
    group = table.isomorphic(1835)
    assert 1835 in group and len({nb201.cell_at(i).canonical() for i in group}) == 1
    assert sum(table.unique_ids == table.unique_ids[1835]) == len(group)


def test_what_is_not_there_is_named(table, path, tmp_path):
    with pytest.raises(TableError, match=r"no NAS-Bench-201 table at .*; needed: the CSV form, or NATS-Bench's"):
        load_nb201(tmp_path / "nb201.csv")
    with pytest.raises(TableError, match="unknown data set 'cifar'.*allowed: cifar10, cifar100, in16"):
        table.accuracy(0, "cifar")
    with pytest.raises(TableError, match="no valid accuracy after 200 epochs; allowed: test after 200"):
        table.accuracy(0, split="valid")
    with pytest.raises(GenotypeError, match="the space has topologies"):
        table.accuracy("|conv~0|")
    for wrong in (15_625, -1, True):
        with pytest.raises(GenotypeError):
            table.accuracy(wrong)


def test_damaged_and_partial_files(path, tmp_path):
    text = lzma.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_text("".join(text[:3]))
    with pytest.raises(TableError, match="SHA-256 of the table is"):
        load_nb201(part)
    table = load_nb201(part, verify=False)
    assert table.accuracy(1) == pytest.approx(93.66)
    with pytest.raises(TableError, match="no cifar10 accuracy of cell 2"):
        table.accuracy(2)
    part.write_text("".join([*text[:2], text[1]]))
    with pytest.raises(TableError, match="listed twice"):
        load_nb201(part, verify=False)
    part.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="columns missing: arch_str"):
        load_nb201(part, verify=False)
    (tmp_path / "cut.csv.xz").write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TableError, match="cannot be read"):
        load_nb201(tmp_path / "cut.csv.xz")
