"""Prepared data sets whose files are damaged are named in one line, with what to do."""

import json
import os
import shutil

import pytest

from dartsx.data import load_dataset, open_source
from dartsx.data.digits import prepare_digits
from dartsx.data.survey import survey


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    prepare_digits(folder)
    return folder


@pytest.fixture
def files(sound, tmp_path):
    """Folder of the files of a copy; its TFDS directory is two above."""
    return shutil.copytree(sound, tmp_path / "tfds") / "digits" / "1.0.0"


def train_shard(files):
    (found,) = files.glob("*train*")
    return found


def read_in_memory(data_dir):
    return load_dataset("digits", data_dir).classes


def read_streamed(data_dir):
    source = open_source("digits", data_dir)
    survey(source, 12, ((0.5,) * 3, (0.5,) * 3))
    return source.train.classes


def edit_lengths(files):
    info = json.loads((files / "dataset_info.json").read_text())
    for split in info["splits"]:
        split["shardLengths"] = ["100"]
    (files / "dataset_info.json").write_text(json.dumps(info))


def flip(files):
    data = bytearray(train_shard(files).read_bytes())
    data[len(data) // 2] ^= 255
    train_shard(files).write_bytes(data)


def cut(name, size):
    return lambda files: os.truncate(files / name, size)


DAMAGES = {
    "information cut": (cut("dataset_info.json", 100), "'digits' in data_dir=.* cannot be opened: "),
    "information empty": (cut("dataset_info.json", 0), "cannot be opened: "),
    "information gone": (lambda files: (files / "dataset_info.json").unlink(), "dataset_info.json; if its files"),
    "features cut": (cut("features.json", 100), "cannot be opened: "),
    "fewer labels": (lambda files: (files / "label.labels.txt").write_text("0\n1\n"), "metadata are damaged"),
    "shard cut": (lambda files: os.truncate(train_shard(files), 5000), "train.array_record.* is missing or damaged"),
    "shard gone": (lambda files: train_shard(files).unlink(), "train.array_record.* is missing or damaged"),
    "bits turned": (flip, "train in .*a file is damaged"),
    "other lengths": (edit_lengths, "holds 1438 examples, its metadata tell of 100"),
}


@pytest.mark.parametrize("read", [read_in_memory, read_streamed])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_named_with_what_to_do(files, read, damage):
    spoil, message = DAMAGES[damage]
    spoil(files)
    with pytest.raises(ValueError, match=f"{message}.*prepare it again") as caught:
        read(files.parent.parent)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_in_memory, read_streamed])
def test_byte_order_marks_and_line_ends_of_labels_are_no_part_of_them(files, read):
    text = (files / "label.labels.txt").read_text()
    (files / "label.labels.txt").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read(files.parent.parent) == tuple("0123456789")
