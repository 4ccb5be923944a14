"""TFDS data sets that lie prepared in a data_dir, read without TensorFlow and never downloaded."""

import dataclasses
import difflib
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from dartsx.catalog import how_to_install
from dartsx.data.checks import one_line
from dartsx.data.known import KNOWN

_AGAIN = "if its files are damaged, remove them and prepare it again (python -m dartsx.data.prepare)"


class WrongFormatError(ValueError):
    """A data set is there, but in a file format that has no random access."""


@dataclasses.dataclass(frozen=True, eq=False)
class TfdsRecords:
    """One split of a TFDS data set; implements ``dartsx.data.records.Records``.

    Attributes:
        classes: the class names; their positions are the labels.
        source: a TFDS data source whose images are not decoded.
        keys: names of the image and of the label feature.
        where: data set and split, for error messages.
        shards: number of examples in every file.
    """

    classes: tuple[str, ...]
    source: Any
    keys: tuple[str, str]
    where: str
    shards: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.source)

    def read(self, indices: Sequence[int]) -> list[tuple[bytes, int]]:
        """The encoded images of these numbers, each with its label.

        Raises:
            ValueError: if a file is damaged.
        """
        image, label = self.keys
        try:
            return [(e[image], int(e[label])) for e in self.source.__getitems__(list(indices))]
        except Exception as error:  # array_record has no class of errors of its own
            raise ValueError(f"{self.where}: a file is damaged: {one_line(error)}; {_AGAIN}") from error

    def origin(self, index: int) -> str:
        """Data set, split and number."""
        return f"{self.where}, example {index}"

    def index(self) -> tuple[str, ...]:
        """Numbers of examples."""
        return tuple(map(str, self.shards))


@dataclasses.dataclass(frozen=True, eq=False)
class PreparedSplits:
    """Both splits of a prepared TFDS data set.

    Attributes:
        train: the split ``train``.
        test: the split that results are reported on.
        label: name of the data set in reports.
    """

    train: TfdsRecords
    test: TfdsRecords
    label: str


def default_data_dir() -> pathlib.Path:
    """Where TFDS keeps data sets: ``TFDS_DATA_DIR``, or ``~/tensorflow_datasets``."""
    return pathlib.Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()


def base_name(name: str) -> str:
    """The data set's name without configuration and version: ``a`` of ``a/b:1.0.0``."""
    return re.split("[/:]", name, maxsplit=1)[0]


def find_builder(name: str, data_dir: pathlib.Path) -> Any:
    """The read-only TFDS builder of a prepared data set, in whatever file format it is.

    Args:
        name: TFDS name, with ``/configuration`` and ``:version`` where wanted.
        data_dir: TFDS directory.

    Raises:
        FileNotFoundError: if it is not prepared there; says what to run.
        ValueError: if TFDS knows no data set of this name either.
    """
    from tensorflow_datasets.core import read_only_builder, registered

    try:
        return read_only_builder.builder_from_files(name, data_dir=str(data_dir))
    except registered.DatasetNotFoundError:
        require_known_name(name)
    except Exception as error:  # names and versions that TFDS cannot parse, and whatever it makes of damaged files
        require_known_name(name)
        raise ValueError(
            f"data set {name!r} in data_dir={data_dir} cannot be opened: {one_line(error)}; {_AGAIN}"
        ) from error
    raise FileNotFoundError(
        f"data set {name!r} is not prepared in data_dir={data_dir}. To download and prepare it:\n"
        f"    {how_to_install('download')}: TensorFlow encodes the images\n"
        f"    python -m dartsx.data.prepare {name} --data_dir={data_dir}"
    )


def require_known_name(name: str) -> None:
    """Raises a ValueError with close matches unless TFDS knows a data set of this name."""
    import tensorflow_datasets as tfds

    choices = {"digits", *tfds.list_builders(with_community_datasets=False)}
    if base_name(name) in choices:
        return
    close = difflib.get_close_matches(base_name(name).lower(), sorted(choices))
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise ValueError(
        f"unknown data set {name!r}.{hint} Allowed are digits, the TFDS names of image "
        "classification data sets (cifar10, cifar100, fashion_mnist, ...), folder:PATH or a path "
        "like ./flowers with a folder of images per class, and a path that ends in .npz"
    )


def open_prepared(name: str, data_dir: pathlib.Path | None) -> PreparedSplits:
    """Opens a prepared TFDS data set.

    Args:
        name: TFDS name, with ``/configuration`` and ``:version`` where wanted.
        data_dir: TFDS directory; None takes ``default_data_dir``.

    Raises:
        FileNotFoundError: if it is not prepared there; says what to run.
        WrongFormatError: if it is prepared without random access; says how to convert it.
        ValueError: if there is no such data set, or it is not image classification.
    """
    data_dir = pathlib.Path(data_dir or default_data_dir()).expanduser()
    builder = find_builder(name, data_dir)
    formats = sorted(f.value for f in builder.info.available_file_formats())
    if "array_record" not in formats:
        raise WrongFormatError(
            f"data set {name!r} in data_dir={data_dir} is prepared as {', '.join(formats)}; "
            "dartsx reads array_record. To convert it (the present files stay):\n"
            f"    python -m dartsx.data.convert {name} --data_dir={data_dir}"
        )
    keys = _classification_keys(name, builder)
    known = KNOWN.get(base_name(name))
    evaluation = known.evaluation_split if known else _evaluation_split(name, builder)
    for split in ("train", evaluation):
        if split not in builder.info.splits:
            there = ", ".join(builder.info.splits)
            raise ValueError(f"data set {name!r} in {builder.data_dir} has no split {split!r}, only {there}")
    return PreparedSplits(
        train=_open_split(name, builder, keys, "train"),
        test=_open_split(name, builder, keys, evaluation),
        label=_label(name, builder, keys[0]),
    )


def _classification_keys(name: str, builder: Any) -> tuple[str, str]:
    import tensorflow_datasets as tfds

    features = builder.info.features
    keys = builder.info.supervised_keys or ("image", "label")
    kinds = (tfds.features.Image, tfds.features.ClassLabel)
    found = [type(features[key]) for key in keys if key in features]
    if len(found) == 2 and all(map(issubclass, found, kinds)):
        return keys
    raise ValueError(
        f"data set {name!r} is not image classification: needed are an image and a class label, "
        f"its features are {', '.join(features)}"
    )


def _evaluation_split(name: str, builder: Any) -> str:
    splits = list(builder.info.splits)
    for split in ("test", "validation"):
        if split in splits:
            return split
    raise ValueError(
        f"data set {name!r} has no split test or validation to evaluate on, only "
        f"{', '.join(splits)}; save it as .npz or as folders to have examples held out"
    )


def _open_split(name: str, builder: Any, keys: tuple[str, str], split: str) -> TfdsRecords:
    import tensorflow_datasets as tfds

    where = f"{name} {split} in {builder.data_dir}"
    shards = _checked_shards(builder.info.splits[split], where)
    decoders = {keys[0]: tfds.decode.SkipDecoding()}
    try:
        source = builder.as_data_source(split, decoders=decoders, file_format="array_record")
        label = builder.info.features[keys[1]]
        classes = tuple(label.int2str(i).lstrip("\ufeff") for i in range(label.num_classes))
    except Exception as error:
        raise ValueError(f"{where}: its metadata are damaged: {one_line(error)}; {_AGAIN}") from error
    return TfdsRecords(classes, source, keys, where, shards)


def _checked_shards(split: Any, where: str) -> tuple[int, ...]:
    """Numbers of examples in the files of a split, which are those that its metadata tell."""
    from array_record.python.array_record_module import ArrayRecordReader

    template = split.filename_template.replace(filetype_suffix="array_record")
    counts = tuple(split.shard_lengths)
    for i, told in enumerate(counts):
        path = template.sharded_filepath(shard_index=i, num_shards=len(counts))
        try:
            reader = ArrayRecordReader(str(path))
            found = reader.num_records()
            reader.close()
        except Exception as error:
            raise ValueError(f"{path} is missing or damaged: {one_line(error)}; {_AGAIN}") from error
        if found != told:
            raise ValueError(f"{where}: {path.name} holds {found} examples, its metadata tell of {told}; {_AGAIN}")
    return counts


def _label(name: str, builder: Any, image_key: str) -> str:
    known = KNOWN.get(base_name(name))
    if known is None:
        return name
    copy = (
        getattr(builder.info.features[image_key], "encoding_format", None) == "jpeg"
        or "jpeg" in builder.info.description.lower()
    )
    return f"{known.label} (JPEG)" if known.lossless and copy else known.label
