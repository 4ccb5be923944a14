import struct

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from dartsx.runtime import MetricsWriter, read_records


def write(writer, epochs):
    for epoch in epochs:
        writer.scalars(epoch * 10, epoch, "train", loss=np.float32(1 / epoch), accuracy=0.5)
        writer.timing(epoch * 10, epoch, seconds=1.5, steps_per_second=6.7)
        writer.genotype(epoch, {"normal": [["skip_connect", 0]], "epoch_made": epoch})
        writer.alphas(epoch, {"normal": np.full((2, 3), epoch / 7, np.float32), "reduce": [[0.0]]})


def events(folder):
    """(step, tag, value) of every scalar, read without TensorFlow."""
    found = []
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            event = Event.FromString(data[12 : 12 + length])
            found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
            data = data[16 + length :]
    return found


def test_every_log_holds_its_records(tmp_path):
    with MetricsWriter(tmp_path) as writer:
        write(writer, [1, 2])
    assert read_records(tmp_path / "metrics.jsonl")[1] == {
        "step": 20, "epoch": 2, "split": "train", "loss": 0.5, "accuracy": 0.5,
    }  # fmt: skip
    assert read_records(tmp_path / "timing.jsonl")[0]["seconds"] == 1.5
    assert read_records(tmp_path / "genotypes.jsonl")[0]["genotype"]["epoch_made"] == 1
    alphas = read_records(tmp_path / "alphas.jsonl")[0]
    assert alphas["epoch"] == 1 and np.shape(alphas["normal"]) == (2, 3)


def test_tensorboard_gets_the_scalars(tmp_path):
    with MetricsWriter(tmp_path) as writer:
        write(writer, [2])
    assert (20, "train/loss", 0.5) in events(tmp_path / "tensorboard")
    assert (20, "timing/seconds", 1.5) in events(tmp_path / "tensorboard")


def test_resumed_logs_are_byte_identical(tmp_path):
    straight, resumed = tmp_path / "a", tmp_path / "b"
    straight.mkdir(), resumed.mkdir()
    with MetricsWriter(straight) as writer:
        write(writer, [1, 2, 3])
    with MetricsWriter(resumed) as writer:
        write(writer, [1, 2])
    with open(resumed / "alphas.jsonl", "ab") as file:
        file.write(b'{"epoch": 3, "nor')
    with MetricsWriter(resumed) as writer:
        writer.resume(step=10, epoch=1)
        write(writer, [2, 3])
    for name in ("metrics", "genotypes", "alphas"):
        there = (straight / f"{name}.jsonl").read_bytes()
        assert (resumed / f"{name}.jsonl").read_bytes() == there


def test_resume_after_the_first_record_is_refused(tmp_path):
    with MetricsWriter(tmp_path) as writer:
        write(writer, [1])
        with pytest.raises(RuntimeError, match="before the first record"):
            writer.resume(10, 1)


def test_other_processes_write_nothing(tmp_path):
    with MetricsWriter(tmp_path, primary=False) as writer:
        writer.resume(10, 1)
        write(writer, [1])
    assert list(tmp_path.iterdir()) == []
