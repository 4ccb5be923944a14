"""From a name to a data set: the embedded digits, TFDS, folders of images, arrays."""

import dataclasses
import os
import pathlib
import unicodedata

import numpy as np

from dartsx.data.arrays import held_out_label, load_npz
from dartsx.data.checks import check_classes, check_pixels
from dartsx.data.dataset import Dataset, Split
from dartsx.data.folders import open_folder
from dartsx.data.known import KNOWN, Known
from dartsx.data.layout import require_utf8
from dartsx.data.prepared import base_name, open_prepared
from dartsx.data.records import Records, decode_all
from dartsx.data.statistics import channel_statistics


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A data set on disk, its images not yet decoded.

    Attributes:
        name: the name by which it was asked for.
        label: its name in reports.
        train: the training images.
        test: the images for evaluation.
        known: published facts about it; None for a user's own.
        labelled: whether the labels are known without reading the images; then they were checked.
    """

    name: str
    label: str
    train: Records
    test: Records
    known: Known | None = None
    labelled: bool = False


def load_dataset(
    name: str = "digits",
    data_dir: str | os.PathLike | None = None,
    *,
    image_size: int | None = None,
    held_out: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Loads an image classification data set into memory.

    ======================  ====================================================================
    name                    what it is
    ======================  ====================================================================
    ``digits``              scikit-learn's handwritten digits, 12x12 grey; always there
    ``cifar10``, ...        a TFDS name, prepared in ``data_dir`` (``dartsx.data.prepare``)
    ``folder:PATH``         a folder of images per class, see ``dartsx.data.folders``
    ``./PATH``, ``/PATH``   the same: a name that contains a slash and is a folder
    ``PATH.npz``            arrays, see ``dartsx.data.arrays``
    ======================  ====================================================================

    Example, with a user's own images::

        # flowers/daisy/1.jpg, flowers/daisy/2.jpg, flowers/rose/1.jpg, ...
        from dartsx.data import load_dataset

        dataset = load_dataset("folder:flowers", image_size=32)
        print(dataset.label)    # flowers (20% held out, seed 0)
        print(dataset.classes)  # ('daisy', 'rose')
        print(dataset.train.images.shape, dataset.test.labels.shape)

    Args:
        name: see the table.
        data_dir: TFDS directory. None takes ``TFDS_DATA_DIR`` or ``~/tensorflow_datasets``, for
            digits the user's cache folder. Folders and arrays do not use it.
        image_size: height and width that all images are resized to; needed where they differ.
        held_out: share of the images that evaluation gets where a folder or file has no test
            images of its own; the same share of every class.
        seed: seed by which held-out images are chosen.

    Returns:
        The data set. Mean and standard deviation are the published ones where ``known.py`` has
        them, else computed from the training images.

    Raises:
        FileNotFoundError: if the data are not there; says what to run.
        ValueError: if the name is unknown, the format wrong, an image broken, sizes differ, or all
            images are equal.
        MemoryError: if the images do not fit into memory.

    Warns:
        DataNotice: for files and arrays that are not read, and for classes that a split does not show.
    """
    if image_size is not None and image_size < 1:
        raise ValueError(f"image_size={image_size} must be positive")
    if is_npz(name):
        return load_npz(pathlib.Path(require_utf8(name, "the file")), held_out, seed, image_size)
    source = open_source(name, data_dir, held_out=held_out, seed=seed)
    train, test = _same_channels(decode_all(source.train, image_size), decode_all(source.test, image_size))
    if source.known is not None and source.known.mean is not None:
        mean, std = source.known.mean, source.known.std
    else:
        mean, std = channel_statistics(train.images)
    dataset = Dataset(name, source.label, source.train.classes, train, test, mean, std)
    if not source.labelled:
        check_classes(name, dataset.classes, train.labels, test.labels)
    check_pixels(dataset)
    return dataset


def open_source(
    name: str,
    data_dir: str | os.PathLike | None = None,
    *,
    held_out: float = 0.2,
    seed: int = 0,
) -> Source:
    """Opens a data set without decoding its images, e.g. for ``dartsx.data.streams``.

    Args:
        name: as for ``load_dataset``, but for arrays, which are in memory anyway.
        data_dir: as for ``load_dataset``.
        held_out: as for ``load_dataset``.
        seed: as for ``load_dataset``.

    Raises:
        FileNotFoundError: if the data are not there; says what to run.
        ValueError: if the name is unknown or the format wrong.
    """
    require_utf8(name, "the data set")
    folder = _as_folder(name)
    if folder is not None:
        found = open_folder(folder, held_out, seed)
        label = unicodedata.normalize("NFC", folder.resolve().name)
        label = held_out_label(label, held_out, seed) if found.held_out else label
        return Source(name, label, found.train, found.test, labelled=True)
    data_dir = None if data_dir is None else pathlib.Path(data_dir).expanduser()
    if name == "digits":
        # Here and not above: importing TFDS takes half a second.
        from dartsx.data.digits import cache_dir, prepare_digits

        data_dir = data_dir or cache_dir()
        prepare_digits(data_dir)
    found = open_prepared(name, data_dir)
    return Source(name, found.label, found.train, found.test, KNOWN.get(base_name(name)))


def is_npz(name: str) -> bool:
    """Whether a data set's name is that of a file of arrays."""
    return not name.startswith("folder:") and name.lower().endswith(".npz")


def _as_folder(name: str) -> pathlib.Path | None:
    if name.startswith("folder:"):
        given = name.removeprefix("folder:")
        if not given:
            raise ValueError("folder: names no folder; write folder:PATH")
        return pathlib.Path(given).expanduser()
    path = pathlib.Path(name).expanduser()
    # TFDS names may contain a slash too (name/configuration), so the folder must be there, unless
    # the name can only be a path.
    only_a_path = name.startswith(("/", "./", "../", "~"))
    return path if only_a_path or ("/" in name and path.is_dir()) else None


def _same_channels(train: Split, test: Split) -> tuple[Split, Split]:
    channels = max(train.images.shape[-1], test.images.shape[-1])

    def widened(split: Split) -> Split:
        if split.images.shape[-1] == channels:
            return split
        return Split(np.repeat(split.images, channels, axis=-1), split.labels)

    return widened(train), widened(test)
