"""Command that converts a prepared TFDS data set from tfrecord to array_record.

    python -m dartsx.data.convert cifar10 --data_dir=DIR                # beside the present files
    python -m dartsx.data.convert cifar10 --data_dir=DIR --out_dir=NEW  # into another directory

Needs no TensorFlow: both formats hold the same serialized examples, only the framing differs.
(TFDS's own ``tfds convert_format`` does the same where TensorFlow and Apache Beam are installed.)
An interrupted conversion is taken up again where it stopped.
"""

import argparse
import json
import os
import pathlib
import shutil
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from dartsx.data.prepared import default_data_dir, find_builder
from dartsx.progress import tracked

_INFO = "dataset_info.json"


def convert(name: str, data_dir: pathlib.Path, out_dir: pathlib.Path | None = None) -> pathlib.Path:
    """Writes an array_record copy of a data set that is prepared as tfrecord.

    Args:
        name: TFDS name, with ``/configuration`` and ``:version`` where wanted.
        data_dir: TFDS directory that has it.
        out_dir: TFDS directory for the copy; None writes it beside the present files and enters it
            in their metadata, so that both formats can be read from ``data_dir``.

    Returns:
        The folder with the array_record files.

    Raises:
        FileNotFoundError: if the data set is not in ``data_dir``.
        ValueError: if it is in another format than tfrecord, or a file is damaged.
    """
    builder = find_builder(name, data_dir)
    formats = [f.value for f in builder.info.available_file_formats()]
    source = pathlib.Path(builder.data_dir)
    if "array_record" in formats and out_dir is None:
        return source
    if "tfrecord" not in formats:
        raise ValueError(f"{source} holds {', '.join(formats)}, only tfrecord can be converted")
    target = source
    if out_dir is not None:
        target = out_dir.expanduser() / source.relative_to(data_dir.expanduser())
        target.mkdir(parents=True, exist_ok=True)
    for split in builder.info.splits.values():
        _convert_split(split, source, target)
    _write_metadata(source, target)
    return target


def read_tfrecord(file: BinaryIO, origin: str) -> Iterator[bytes]:
    """The records of a tfrecord file, in order.

    A record is its length (8 bytes), a checksum of the length (4), the data, and a checksum of the
    data (4), little endian. The checksum of the length is verified; it catches files that are cut
    short or are something else. That of the data is not: it would take Python hours for ImageNet.

    Args:
        file: opened for reading bytes.
        origin: what the file is, for error messages.

    Yields:
        The data of one record.

    Raises:
        ValueError: if the file is not in this format, or ends within a record.
    """
    while header := file.read(12):
        if len(header) < 12:
            raise ValueError(f"{origin} ends within a record")
        length, checksum = struct.unpack("<QI", header)
        if masked_crc32c(header[:8]) != checksum:
            raise ValueError(f"{origin} is damaged or not a tfrecord file")
        body = file.read(length + 4)
        if len(body) < length + 4:
            raise ValueError(f"{origin} ends within a record")
        yield body[:-4]


def masked_crc32c(data: bytes) -> int:
    """The checksum of tfrecord files: CRC-32C (Castagnoli), rotated by 15 bits plus a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _convert_split(split: Any, source: pathlib.Path, target: pathlib.Path) -> None:
    name = split.filename_template
    old = name.replace(data_dir=source, filetype_suffix="tfrecord")
    new = name.replace(data_dir=target, filetype_suffix="array_record")
    count = len(split.shard_lengths)
    for i, length in tracked(list(enumerate(split.shard_lengths)), f"converting {split.name}"):
        shard = {"shard_index": i, "num_shards": count}
        _convert_shard(
            pathlib.Path(old.sharded_filepath(**shard)),
            pathlib.Path(new.sharded_filepath(**shard)),
            length,
        )


def _convert_shard(old: pathlib.Path, new: pathlib.Path, length: int) -> None:
    from array_record.python import array_record_module

    if new.exists():  # shards appear under their name only when they are complete
        return
    partial = new.with_name(f"incomplete.{os.getpid()}.{new.name}")
    # One record per group is what TFDS writes: best for reading in random order.
    writer = array_record_module.ArrayRecordWriter(str(partial), "group_size:1")
    written = 0
    try:
        with open(old, "rb") as file:
            for record in read_tfrecord(file, str(old)):
                writer.write(record)
                written += 1
        writer.close()
        if written != length:
            raise ValueError(f"{old} holds {written} examples, its metadata says {length}")
        partial.replace(new)
    finally:
        if writer.is_open():
            writer.close()
        partial.unlink(missing_ok=True)


def _write_metadata(source: pathlib.Path, target: pathlib.Path) -> None:
    info = json.loads((source / _INFO).read_text())
    if source == target:
        others = info.get("alternativeFileFormats", [])
        info["alternativeFileFormats"] = sorted({*others, "array_record"})
    else:
        info["fileFormat"] = "array_record"
        info.pop("alternativeFileFormats", None)
        for file in (*source.glob("*.json"), *source.glob("*.txt")):
            if file.name != _INFO:
                shutil.copyfile(file, target / file.name)
    partial = target / f"incomplete.{os.getpid()}.{_INFO}"
    partial.write_text(json.dumps(info, indent=2))
    partial.replace(target / _INFO)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(prog="python -m dartsx.data.convert", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", help="TFDS name, e.g. cifar10")
    parser.add_argument("--data_dir", type=pathlib.Path, default=default_data_dir(), help="default: %(default)s")
    parser.add_argument("--out_dir", type=pathlib.Path, help="default: beside the present files")
    options = parser.parse_args(arguments)
    try:
        folder = convert(options.name, options.data_dir.expanduser(), options.out_dir)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.name} lies as array_record in {folder}")


if __name__ == "__main__":
    main()
