"""A folder per class of images, as a data set."""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from dartsx.data.splits import stratified_holdout

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".pgm", ".tif", ".tiff", ".gif")
EVALUATION_FOLDERS = ("test", "val", "valid", "validation")


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
        """The bytes of these files, each with its label."""
        return [(self.files[i].read_bytes(), int(self.labels[i])) for i in indices]

    def origin(self, index: int) -> str:
        """The file's path."""
        return str(self.files[index])

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

    In the second a share of every class is held out for evaluation. Classes are numbered in the
    order of their names. Files that have no image's extension, and hidden ones, are passed over.

    Args:
        path: the folder.
        held_out: share to hold out where there is no folder for evaluation, between 0 and 1.
        seed: of the held-out choice.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if it has no classes, a class has no images, or the evaluation folder has a
            class that the training folder lacks.
    """
    path = path.expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"no such folder of images: {path}")
    root = path / "train" if (path / "train").is_dir() else path
    classes = _class_names(root)
    train = _scan(root, classes)
    found = [path / name for name in EVALUATION_FOLDERS if (path / name).is_dir()]
    if root == path or not found:
        kept, out = stratified_holdout(train.labels, held_out, seed)
        return FolderSplits(train.select(kept), train.select(out), held_out=True)
    unknown = set(_class_names(found[0])) - set(classes)
    if unknown:
        raise ValueError(f"{found[0]} has classes that {root} lacks: {', '.join(sorted(unknown))}")
    return FolderSplits(train, _scan(found[0], classes), held_out=False)


def _class_names(root: pathlib.Path) -> tuple[str, ...]:
    names = sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not names:
        raise ValueError(
            f"{root} has no folders: expected one folder of images per class, "
            "e.g. PATH/cat/1.png and PATH/dog/1.png, or PATH/train/cat/1.png"
        )
    return tuple(names)


def _scan(root: pathlib.Path, classes: tuple[str, ...]) -> FolderRecords:
    files: list[pathlib.Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        images = _image_files(root / name)
        files += images
        labels += [label] * len(images)
    return FolderRecords(classes, tuple(files), np.array(labels, np.int32))


def _image_files(folder: pathlib.Path) -> list[pathlib.Path]:
    if not folder.is_dir():  # an evaluation folder may lack a class
        return []
    images = sorted(p for p in folder.iterdir() if p.suffix.lower() in EXTENSIONS and not p.name.startswith("."))
    if not images:
        raise ValueError(f"class folder {folder} has no images; looked for {', '.join(EXTENSIONS)}")
    return images
