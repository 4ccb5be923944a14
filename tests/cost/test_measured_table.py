"""Tables of measured blocks: as files, and what they are refused for."""

import pytest

from dartsx.cost.latency_table import latency_of, read_table
from dartsx.cost.measured_table import Row, csv_of
from dartsx.cost.pieces import pieces
from dartsx.networks import Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm

NETWORK = Network("x", (ConvNorm(8, 3),), ((ConvNorm(8, 1),),), (Classifier(2),), "", 6)


def row(block, ms, **fields):
    plain = {name: 1 for name in Row._fields} | {"block": block, "ms": ms, "dtype": "float32", "image": "6x6x3"}
    return Row(**plain | fields)


def written(tmp_path, *rows):
    path = tmp_path / "latency.csv"
    path.write_text(csv_of(rows))
    return path


def test_a_file_gives_the_sum_over_the_blocks(tmp_path):
    blocks = [str(block.shape) for block in pieces(NETWORK)]
    table = read_table(written(tmp_path, *(row(block, 0.5 + i) for i, block in enumerate(blocks))))
    assert latency_of(NETWORK, table) == 0.5 + 1.5 + 2.5


def test_a_block_that_the_table_lacks_is_named(tmp_path):
    stem, second, _ = (str(block.shape) for block in pieces(NETWORK))
    table = read_table(written(tmp_path, row(stem, 1.0, space="mine")))
    with pytest.raises(ValueError, match="csv, measured for space mine on images of 6x6x3, has no time of") as error:
        latency_of(NETWORK, table)
    assert f"stage1/block0: {second}" in str(error.value)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((2, "float32", (6, 6, 3)), "was measured for batch size 1, not 2"),
        ((1, "bfloat16", (6, 6, 3)), "was measured for dtype float32, not bfloat16"),
        ((1, "float32", (8, 8, 3)), "was measured for images of 6x6x3, not 8x8x3"),
    ],
)
def test_times_of_other_passes_are_refused(tmp_path, asked, message):
    table = read_table(written(tmp_path, row("a", 1.0)))
    table.check(1, "float32", (6, 6, 3))
    with pytest.raises(ValueError, match=message):
        table.check(*asked)


def test_files_that_are_no_table_are_refused(tmp_path):
    with pytest.raises(ValueError, match="mixes batch_size 1 and 2"):
        read_table(written(tmp_path, row("a", 1.0), row("b", 1.0, batch_size=2)))
    path = tmp_path / "x.csv"
    path.write_text("block,ms\na,1\n")
    with pytest.raises(ValueError, match="needs the columns batch_size, dtype, space, image"):
        read_table(path)
