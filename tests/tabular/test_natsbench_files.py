"""NATS-Bench's own files, written here as its authors' code writes them, and hostile ones."""

import bz2
import collections
import hashlib
import os
import pickle

import numpy as np
import pytest

from dartsx.spaces import nb201
from dartsx.tabular import TableError, load_nb201

SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}


def trial(dataset, seed, epochs):
    """One training run; accuracies tell data set, seed, split and epoch apart."""
    base = 10 * list(SPLITS).index(dataset) + seed / 100
    accuracies = {
        f"{split}@{epoch}": np.float64(base + i + epoch / 1000)
        for i, split in enumerate(SPLITS[dataset])
        for epoch in range(epochs)
    }
    return {
        "name": "infer.tiny",
        "net_state_dict": None,
        "train_acc1es": collections.OrderedDict({e: 1.0 for e in range(epochs)}),
        "arch_config": {"channel": 16, "num_cells": 5},
        "params": 0.129306,
        "flop": 15.64737,
        "seed": seed,
        "epochs": epochs,
        "latency": [0.01],
        "eval_names": list(SPLITS[dataset]),
        "eval_acc1es": accuracies,
    }


def cell(index):
    def trials(epochs, seeds):
        return {
            "arch_index": index,
            "arch_str": nb201.strings()[index],
            "all_results": {(d, s): trial(d, s, epochs) for d in SPLITS for s in seeds},
            "dataset_seed": {d: list(seeds) for d in SPLITS},
            "clear_net_done": True,
        }

    return collections.OrderedDict({"12": trials(12, (111,)), "200": trials(200, (777, 888))})


def write(path, content):
    path.write_bytes(bz2.compress(pickle.dumps(content, protocol=4)))


def check(table):
    # seeds 777 and 888 average to 8.325; the last epoch is 199.
    assert table.accuracy(11) == pytest.approx(10 + 8.325 + 0.199)
    assert table.accuracy(11, "in16") == pytest.approx(30 + 1 + 8.325 + 0.199)
    assert table.accuracy(11, epochs=12, split="valid") == pytest.approx(0 + 1.11 + 0.011)
    assert table.accuracy(11, "cifar100", epochs=12, split="valid") == pytest.approx(20 + 1.11 + 0.011)
    assert table.params(11) == 129_306 and table.flops(11, "in16") == 15_647_370
    with pytest.raises(TableError, match="no cifar10 accuracy of cell 12"):
        table.accuracy(12)


def test_a_folder_with_a_file_per_cell(tmp_path):
    write(tmp_path / "000011.pickle.pbz2", cell(11))
    write(tmp_path / "meta.pickle.pbz2", {"meta_archs": [], "total_archs": 15625})
    check(load_nb201(tmp_path))


def test_one_file_with_all_cells_and_its_checksum(tmp_path):
    content = {"meta_archs": [], "arch2infos": {11: cell(11)}, "evaluated_indexes": {11}}
    write(tmp_path / "all.pickle.pbz2", content)
    digits = hashlib.md5((tmp_path / "all.pickle.pbz2").read_bytes()).hexdigest()[:5]
    named = (tmp_path / "all.pickle.pbz2").rename(tmp_path / f"NATS-tss-v1_0-{digits}.pickle.pbz2")
    check(load_nb201(named))
    other = named.rename(tmp_path / "NATS-tss-v1_0-00000.pickle.pbz2")
    with pytest.raises(TableError, match="MD5 does not start with 00000"):
        load_nb201(other)
    check(load_nb201(other, verify=False))


class Hostile:
    def __reduce__(self):
        return os.mkdir, ("run_by_a_pickle",)


def test_a_pickle_that_asks_for_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "simple"
    folder.mkdir()
    write(folder / "000000.pickle.pbz2", {"12": Hostile()})
    with pytest.raises(TableError, match="asks for .*mkdir, which is not plain data"):
        load_nb201(folder)
    assert not (tmp_path / "run_by_a_pickle").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("000012.pickle.pbz2", cell(11), "cell 12 is "),
        ("000011.pickle.pbz2", {"12": {"arch_str": nb201.strings()[11]}}, "not as NATS-Bench writes it"),
        ("other.txt", {}, "holds no file such as 000000.pickle.pbz2"),
    ],
)
def test_other_content_is_refused(tmp_path, name, content, message):
    write(tmp_path / name, content)
    with pytest.raises(TableError, match=message):
        load_nb201(tmp_path)
    (tmp_path / name).rename(tmp_path / "x.pbz2")
    with pytest.raises(TableError, match="no arch2infos"):
        load_nb201(tmp_path / "x.pbz2")
