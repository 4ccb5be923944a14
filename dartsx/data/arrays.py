"""A user's own arrays as a data set, in memory or in an .npz file."""

import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from dartsx.data.checks import check_classes, check_pixels, checked_split, few, notice, one_line
from dartsx.data.dataset import Dataset, Split
from dartsx.data.images import resize_pixels
from dartsx.data.layout import close_to
from dartsx.data.splits import hold_out
from dartsx.data.statistics import channel_statistics

_FOUR = ("x_train", "y_train", "x_test", "y_test")
_TWO = ("images", "labels")


def from_arrays(
    name: str,
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    classes: tuple[str, ...] | None = None,
    label: str | None = None,
) -> Dataset:
    """Makes a data set of a user's own arrays.

    Example::

        import numpy as np
        from dartsx.data import from_arrays

        images = np.load("images.npy")  # uint8 [1000, 32, 32, 3]
        labels = np.load("labels.npy")  # int [1000], 0 to 4
        dataset = from_arrays("mine", images[:800], labels[:800], images[800:], labels[800:])

    Args:
        name: name of the data set.
        x_train: uint8 [N, H, W, C], or [N, H, W] for grey images.
        y_train: integers [N] or [N, 1], class numbers from 0.
        x_test: as ``x_train``.
        y_test: as ``y_train``.
        classes: class names; None numbers them.
        label: its name in reports; None takes ``name``.

    Returns:
        The data set, with mean and standard deviation of its training images.

    Raises:
        ValueError: if an array has another data type or shape than said, its images are all equal, or a label no
            class; names the likely mistake, such as channels before pixels.
    """
    train = checked_split(f"{name}: train", x_train, y_train)
    test = checked_split(f"{name}: test", x_test, y_test)
    classes = check_classes(name, classes, train.labels, test.labels)
    mean, std = channel_statistics(train.images)
    dataset = Dataset(name, label or name, classes, train, test, mean, std)
    check_pixels(dataset)
    return dataset


def load_npz(path: pathlib.Path, held_out: float, seed: int, image_size: int | None = None) -> Dataset:
    """Reads a data set from an ``.npz`` file.

    The file holds ``x_train, y_train, x_test, y_test``, or ``images, labels`` of which a share of
    every class is held out for evaluation; and ``classes``, an array of names, if it likes. Other arrays are not read,
    which is said.

    Example::

        np.savez("mine.npz", images=images, labels=labels)  # uint8 [N, H, W, C], int [N]
        dataset = load_dataset("mine.npz")

    Args:
        path: the file.
        held_out: share to hold out of ``images, labels``, between 0 and 1.
        seed: seed by which held-out images are chosen.
        image_size: height and width that all images are resized to; None leaves them.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged or another kind of file, if arrays are missing, or are not what
            ``from_arrays`` takes.
        MemoryError: if they do not fit into memory.
    """
    path, name = path.expanduser(), path.stem
    arrays, unused = _read(path)
    four, two = (all(key in arrays for key in keys) for keys in (_FOUR, _TWO))
    if not (four or two):
        found = _names([*arrays, *unused])
        raise ValueError(f"{path} holds {found}; needed are {', '.join(_FOUR)}, or {', '.join(_TWO)}")
    unused += [key for key in _TWO if four and key in arrays]
    if unused:
        notice(f"{path}: not read: {_names(unused)}")
    classes = _class_names(path, arrays["classes"]) if "classes" in arrays else None
    parts = {f"{name}: train": _FOUR[:2], f"{name}: test": _FOUR[2:]} if four else {name: _TWO}
    checked = [checked_split(where, arrays[x], arrays[y]) for where, (x, y) in parts.items()]
    if image_size is not None:
        checked = [Split(resize_pixels(split.images, image_size), split.labels) for split in checked]
    if four:
        return from_arrays(name, *_flat(checked), classes=classes)
    (whole,) = checked
    splits = [whole.select(indices) for indices in hold_out(name, whole.labels, held_out, seed)]
    return from_arrays(name, *_flat(splits), classes=classes, label=held_out_label(name, held_out, seed))


def held_out_label(name: str, held_out: float, seed: int) -> str:
    """How a report names a data set whose test images were held out by us."""
    return f"{name} ({held_out:.0%} held out, seed {seed})"


def _read(path: pathlib.Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays of a file that have one of the names above, by name; and the other names in it."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file of arrays; write folder:{path} if it holds images")
    if not path.exists():
        raise FileNotFoundError(f"no such file of arrays: {path}{close_to(path)}")
    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise ValueError("it is a single array, as np.save writes it; np.savez writes several by name")
        with file:
            names = [key for key in file.files if key in (*_FOUR, *_TWO, "classes")]
            return {key: file[key] for key in names}, [key for key in file.files if key not in names]
    except MemoryError as error:
        raise MemoryError(f"{path} does not fit into memory: {error}") from error
    except Exception as error:  # whatever zipfile, zlib and numpy make of other bytes
        if "Object arrays" in str(error):
            problem = "holds pickled Python objects, which are not read; save numbers, in arrays of one shape each"
            raise ValueError(f"{path} {problem}") from error
        raise ValueError(f"{path} is damaged or no .npz file: {one_line(error)}") from error


def _flat(splits: Sequence[Split]) -> list[np.ndarray]:
    return [array for split in splits for array in (split.images, split.labels)]


def _class_names(path: pathlib.Path, names: np.ndarray) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "USiu":
        raise ValueError(f"{path}: classes must be an array of names [K], got {names.dtype} {list(names.shape)}")
    texts = [n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in names.tolist()]
    repeated = sorted({text for text in texts if texts.count(text) > 1})
    if repeated:
        raise ValueError(f"{path}: classes must be distinct names, but there are several of {few(repeated)}")
    return tuple(texts)


def _names(keys: Iterable[str]) -> str:
    """Names of arrays for a message; one that is spelt in capitals only differs by that from the one needed."""
    keys = list(keys)
    wanted = {key.casefold(): key for key in keys if key.casefold() in (*_FOUR, *_TWO) and key not in (*_FOUR, *_TWO)}
    hint = "".join(f" (rename {given} to {needed})" for needed, given in wanted.items())
    return f"the arrays {few(keys)}{hint}" if keys else "no arrays"
