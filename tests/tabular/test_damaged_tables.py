"""Damaged tables are read or refused with TableError, 2,000 mutations in all."""

import json
import lzma

import pytest
from mutation import mutations

from dartsx.tabular import TableError, load_macro, load_nb201
from dartsx.tabular.files import shipped


def lines(name, count):
    with lzma.open(shipped(name), "rb") as file:
        return b"".join(file.readline() for _ in range(count))


@pytest.mark.parametrize(
    ("load", "content", "suffix"),
    [
        (load_nb201, lines("nb201.csv.xz", 4), ".csv"),
        (load_nb201, lzma.compress(lines("nb201.csv.xz", 4)), ".csv.xz"),
        (load_macro, lines("nasbench_macro.csv.xz", 4), ".csv"),
        (
            load_macro,
            json.dumps(
                {"00000012": {"test_acc": [1.0, 2.0, 3.0], "mean_acc": 2.0, "std": 0.8, "params": 1, "flops": 2}}
            ),
            ".json",
        ),
    ],
    ids=["nb201", "nb201.xz", "macro", "macro.json"],
)
def test_fuzz(load, content, suffix, tmp_path):
    path = tmp_path / f"table{suffix}"
    content = content.encode() if isinstance(content, str) else content
    for damaged in mutations(content, 0, 500):
        path.write_bytes(damaged)
        try:
            table = load(path, verify=False)
            table.best()
        except TableError as error:
            assert str(path) in str(error) or "the table's file has no" in str(error)


def test_figures_that_are_no_numbers_are_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(lines("nb201.csv.xz", 3).replace(b"85.8633", b"many"))
    with pytest.raises(TableError, match="column cifar10_test_200ep holds 'many'.*no number"):
        load_nb201(path, verify=False)
