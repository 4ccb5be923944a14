"""Conversion of a TFDS data set from tfrecord to array_record."""

import io
import json
import struct

import numpy as np
import pytest

from dartsx.data import convert, load_dataset
from dartsx.data.digits import prepare_digits


def frame(record):
    length = struct.pack("<Q", len(record))
    checksum = struct.pack("<I", convert.masked_crc32c(length))
    return length + checksum + record + bytes(4)  # the data's checksum is not looked at


@pytest.fixture
def tfrecord_dir(tmp_path):
    """Digits as TFDS prepares data sets where TensorFlow is installed: in tfrecord files."""
    from array_record.python.array_record_module import ArrayRecordReader

    prepare_digits(tmp_path)
    folder = tmp_path / "digits" / "1.0.0"
    for file in list(folder.glob("*.array_record-*")):
        reader = ArrayRecordReader(str(file))
        records = reader.read_all()
        reader.close()
        target = file.with_name(file.name.replace("array_record", "tfrecord"))
        target.write_bytes(b"".join(map(frame, records)))
        file.unlink()
    info = json.loads((folder / "dataset_info.json").read_text())
    (folder / "dataset_info.json").write_text(json.dumps(info | {"fileFormat": "tfrecord"}))
    return tmp_path


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return load_dataset("digits", tmp_path_factory.mktemp("original"))


@pytest.mark.parametrize("beside", [True, False])
def test_a_converted_data_set_equals_the_original(tfrecord_dir, tmp_path, original, beside):
    with pytest.raises(ValueError, match="dartsx.data.convert digits"):
        load_dataset("digits", tfrecord_dir)
    out_dir = tfrecord_dir if beside else tmp_path / "out"
    option = [] if beside else [f"--out_dir={out_dir}"]
    convert.main(["digits", f"--data_dir={tfrecord_dir}", *option])
    converted = load_dataset("digits", out_dir)
    np.testing.assert_array_equal(converted.train.images, original.train.images)
    np.testing.assert_array_equal(converted.test.labels, original.test.labels)
    assert converted.label == "digits"
    kept = [f for f in (tfrecord_dir / "digits" / "1.0.0").iterdir() if "tfrecord" in f.name]
    assert len(kept) == 2
    assert not list(out_dir.rglob("incomplete*"))


def test_an_interrupted_conversion_leaves_nothing_that_looks_whole(tfrecord_dir):
    folder = tfrecord_dir / "digits" / "1.0.0"
    (test,) = folder.glob("digits-test.tfrecord*")
    whole = test.read_bytes()
    test.write_bytes(whole[:-100])
    with pytest.raises(SystemExit, match="ends within a record"):
        convert.main(["digits", f"--data_dir={tfrecord_dir}"])
    assert not list(folder.glob("*digits-test.array_record*"))
    with pytest.raises(ValueError, match="prepared as tfrecord"):
        load_dataset("digits", tfrecord_dir)
    test.write_bytes(whole)
    convert.main(["digits", f"--data_dir={tfrecord_dir}"])
    assert len(load_dataset("digits", tfrecord_dir).test) == 359


def test_missing_examples_are_noticed(tfrecord_dir):
    (test,) = (tfrecord_dir / "digits" / "1.0.0").glob("digits-test.tfrecord*")
    test.write_bytes(frame(b"only one"))
    with pytest.raises(SystemExit, match="holds 1 examples, its metadata says 359"):
        convert.main(["digits", f"--data_dir={tfrecord_dir}"])


def test_converting_again_does_nothing(tfrecord_dir):
    folder = convert.convert("digits", tfrecord_dir)
    before = {f.name: f.stat().st_mtime_ns for f in folder.iterdir()}
    assert convert.convert("digits", tfrecord_dir) == folder
    assert before == {f.name: f.stat().st_mtime_ns for f in folder.iterdir()}


def test_absent_data_are_named(tmp_path):
    with pytest.raises(SystemExit, match="'cifar10' is not prepared"):
        convert.main(["cifar10", f"--data_dir={tmp_path}"])


def test_the_checksum_is_that_of_tensorflow():
    # The check value of CRC-32C is 0xE3069283 (RFC 3720), masked as TensorFlow does.
    rotated = (0xE3069283 >> 15 | 0xE3069283 << 17) & 0xFFFFFFFF
    assert convert.masked_crc32c(b"123456789") == (rotated + 0xA282EAD8) & 0xFFFFFFFF


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="x is damaged or not a tfrecord file"):
        list(convert.read_tfrecord(io.BytesIO(b"something else entirely"), "x"))
