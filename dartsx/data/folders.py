"""A folder per class of images, as a data set."""

import collections
import dataclasses
import pathlib
import unicodedata
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dartsx.data.checks import check_classes, few, notice
from dartsx.data.layout import Listing, count_files, find_splits, printable, require_images
from dartsx.data.splits import hold_out

_CHUNK = 1000  # files whose sizes a thread asks for
_THREADS = 16


@dataclasses.dataclass(frozen=True, eq=False)
class FolderRecords:
    """Image files with labels; implements ``dartsx.data.records.Records``.

    Attributes:
        classes: the class names; their positions are the labels.
        files: one image file per example.
        labels: int32 [N].
    """

    classes: tuple[str, ...]
    files: tuple[pathlib.Path, ...]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.files)

    def read(self, indices: Sequence[int]) -> list[tuple[bytes, int]]:
        """The bytes of these files, each with its label.

        Raises:
            ValueError: naming the file, if one cannot be read.
        """
        return [(_read(self.files[i]), int(self.labels[i])) for i in indices]

    def origin(self, index: int) -> str:
        """The file's path."""
        return printable(str(self.files[index]))

    def index(self) -> tuple[str, ...]:
        """Label, name and size of every file."""
        chunks = [range(i, min(i + _CHUNK, len(self))) for i in range(0, len(self), _CHUNK)]
        with ThreadPoolExecutor(_THREADS) as pool:  # over a network a million questions for a size take long
            return tuple(line for chunk in pool.map(self._lines, chunks) for line in chunk)

    def _lines(self, indices: range) -> list[str]:
        names = [unicodedata.normalize("NFC", self.files[i].name) for i in indices]
        return [f"{self.labels[i]} {name} {_size(self.files[i])}" for i, name in zip(indices, names, strict=True)]

    def select(self, indices: np.ndarray) -> "FolderRecords":
        """Only the examples of these numbers."""
        files = tuple(self.files[i] for i in indices)
        return dataclasses.replace(self, files=files, labels=self.labels[indices])


@dataclasses.dataclass(frozen=True, eq=False)
class FolderSplits:
    """Both splits of a folder.

    Attributes:
        train: the training images.
        test: the images for evaluation.
        held_out: whether ``test`` was held out from one set of images rather than found as a
            folder of its own.
    """

    train: FolderRecords
    test: FolderRecords
    held_out: bool


def open_folder(path: pathlib.Path, held_out: float, seed: int) -> FolderSplits:
    """Finds the images of a data set that has one folder per class.

    Two layouts are read::

        PATH/train/<class>/*.png  and  PATH/test/<class>/*.png   (or val, valid, validation)
        PATH/<class>/*.png                                       (or PATH/train alone)

    In the second a share of every class is held out for evaluation. ``train`` and ``test`` may be
    written in capitals. A folder ``train`` that holds images itself, beside folders of other names,
    is a class. Classes are numbered in the order of their names, which are compared in the normal
    form NFC of Unicode. What is not read is counted in one `DataNotice`: files of other extensions
    than `dartsx.data.layout.EXTENSIONS`, hidden ones, folders inside of classes, further folders
    for evaluation.

    Args:
        path: the folder.
        held_out: share to hold out where there is no folder for evaluation, between 0 and 1.
        seed: seed by which held-out images are chosen.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if it has no classes, a class has no images, or the evaluation folder has a
            class that the training folder lacks.
    """
    path = path.expanduser()
    found = find_splits(path)
    require_images(found.train)
    classes = tuple(found.train)
    train = _records(found.train, classes)
    if found.test is None:
        kept, out = hold_out(str(path), train.labels, held_out, seed)
        splits = FolderSplits(train.select(kept), train.select(out), held_out=True)
    else:
        _check_same_classes(path, found.train, found.test)
        splits = FolderSplits(train, _records(found.test, classes), held_out=False)
    _say_left_out(path, [*found.left_out, *_inside([*found.train.values(), *(found.test or {}).values()])])
    check_classes(str(path), classes, splits.train.labels, splits.test.labels)
    return splits


def _read(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{printable(str(path))} cannot be read: {error.strerror}") from error


def _size(path: pathlib.Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ValueError(f"{printable(str(path))} cannot be read: {error.strerror}") from error


def _records(listings: Mapping[str, Listing], classes: tuple[str, ...]) -> FolderRecords:
    files: list[pathlib.Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        images = listings[name].images if name in listings else ()
        files += images
        labels += [label] * len(images)
    return FolderRecords(classes, tuple(files), np.array(labels, np.int32))


def _check_same_classes(path: pathlib.Path, train: Mapping[str, Listing], test: Mapping[str, Listing]) -> None:
    unknown = sorted(set(test) - set(train))
    if unknown:
        folded = {name.casefold(): name for name in train}
        close = [f"{name} is {folded[name.casefold()]} there" for name in unknown if name.casefold() in folded]
        hint = f" ({few(close)}; rename it)" if close else ""
        roots = [next(iter(listings.values())).path.parent for listings in (test, train)]
        raise ValueError(f"{roots[0]} has classes that {roots[1]} lacks: {few(unknown)}{hint}")
    if not any(listing.images for listing in test.values()):
        require_images(test)


def _inside(listings: Sequence[Listing]) -> list[str]:
    """What lies in class folders and is not read."""
    folders = [folder for listing in listings for folder in listing.folders.values()]
    others: collections.Counter[str] = collections.Counter()
    for listing in listings:
        others.update(listing.others)
    lines = [f"{count} {kind} in class folders" for kind, count in sorted(others.items())]
    if folders:
        files = sum(map(count_files, folders))
        lines.append(f"{files} files in {len(folders)} folders inside of classes ({few([f.name for f in folders])})")
    return lines


def _say_left_out(path: pathlib.Path, lines: Sequence[str]) -> None:
    if lines:
        notice(f"{path}: not read: {', '.join(lines)}")
