"""What every reader asks of images and labels before they are used: one verdict, wherever they come from.

A mistake that can be guessed is named with its remedy. What is legal but easily overlooked is said in one line, a
`DataNotice`.
"""

import math
import warnings
from collections.abc import Sequence

import numpy as np

from dartsx.data.dataset import Dataset, Split

_CHUNK = 4096  # images compared at once, so that the comparison needs little memory
_FEW = (1, 3, 4)  # numbers of channels that arrays usually have
_SHOWN = 5
_MAX_LABEL = 2**31 - 1


class DataNotice(UserWarning):
    """Something about the data that is allowed, and that their owner may not know."""


def notice(text: str) -> None:
    """Says one line about the data."""
    warnings.warn(text, DataNotice, stacklevel=3)


def checked_images(where: str, images: np.ndarray) -> np.ndarray:
    """Images of an array, uint8 [N, H, W, C].

    Args:
        where: name of the array, for messages.
        images: uint8 [N, H, W, C] or [N, H, W].

    Raises:
        ValueError: for another data type or layout, naming the likely mistake.
    """
    images = np.asarray(images)
    hints = [*_type_hints(images), *_layout_hints(images.shape)]
    if hints or images.dtype != np.uint8 or images.ndim not in (3, 4) or not images.size:
        raise ValueError(
            f"{where} must be uint8 [N, H, W, C] or [N, H, W] with values 0..255, "
            f"got {images.dtype} {list(images.shape)}" + "".join(f"; {hint}" for hint in hints)
        )
    return images if images.ndim == 4 else images[..., None]


def checked_labels(where: str, labels: np.ndarray) -> np.ndarray:
    """Labels of an array, int32 [N].

    Args:
        where: name of the array, for messages.
        labels: integers [N] or [N, 1], class numbers from 0.

    Raises:
        ValueError: for another data type or shape, naming the likely mistake, or a number that no class has.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        hint = _label_hint(labels)
        raise ValueError(f"{where} must be integers [N], got {labels.dtype} {list(labels.shape)}{hint}")
    if labels.size and not 0 <= labels.min() <= labels.max() <= _MAX_LABEL:
        raise ValueError(f"{where} must be class numbers from 0, but these labels run from {_range(labels)}")
    return labels.astype(np.int32)


def checked_split(where: str, images: np.ndarray, labels: np.ndarray) -> Split:
    """Arrays of a user as a split: each checked, and one against the other.

    Raises:
        ValueError: if one is wrong or their lengths differ.
    """
    images, labels = checked_images(f"{where} images", images), checked_labels(f"{where} labels", labels)
    if len(images) != len(labels):
        raise ValueError(f"{where}: {len(images)} images but {len(labels)} labels")
    return Split(images, labels)


def check_pixels(dataset: Dataset) -> None:
    """Checks that the images of both splits show something.

    Raises:
        ValueError: if not; see `check_shown`.
    """
    for part, images in (("train", dataset.train.images), ("test", dataset.test.images)):
        check_shown(dataset.name, part, len(images), _all_equal(images), int(images.max()))


def check_shown(name: str, part: str, count: int, equal: bool, largest: int) -> None:
    """Checks that images differ and use more than the values 0 and 1.

    Args:
        name: name of the data set, for messages.
        part: part of the data set, for messages.
        count: number of images.
        equal: whether all are equal.
        largest: largest value of their pixels.

    Raises:
        ValueError: if not.
    """
    if count > 1 and equal:
        raise ValueError(
            f"{name}: all {count} {part} images are equal, every pixel of them (white shapes on a transparent "
            "background are: transparency is laid over white)"
        )
    if largest <= 1:
        raise ValueError(
            f"{name}: no pixel of the {part} images is above 1 of 255, so that they are black; values from 0 to 1 must "
            "be multiplied by 255 before they become uint8"
        )


def check_classes(name: str, classes: Sequence[str] | None, train: np.ndarray, test: np.ndarray) -> tuple[str, ...]:
    """Checks the labels of both splits against the classes, and says which class a split does not see.

    Args:
        name: name of the data set, for messages.
        classes: their names, in the order of the labels; None if only the labels tell them.
        train: int [N], labels to train with.
        test: int [M], labels to test with.

    Returns:
        The names; numbers where none are given.

    Raises:
        ValueError: if evaluation has classes that training lacks, or without names a number is no image's label.
    """
    if classes is None:
        classes = _numbered(name, np.union1d(train, test))
    missing = [
        [c for i, c in enumerate(classes) if i not in seen] for seen in (set(train.tolist()), set(test.tolist()))
    ]
    unknown = [each for each in missing[0] if each not in missing[1]]
    if unknown:
        raise ValueError(f"{name}: the test images show classes of which there is none to train with: {few(unknown)}")
    for split, absent in (("train", missing[0]), ("test", [each for each in missing[1] if each not in missing[0]])):
        if absent:
            notice(f"{name}: no {split} image shows {len(absent)} of {len(classes)} classes: {few(absent)}")
    return tuple(classes)


def few(names: Sequence[str]) -> str:
    """Names for a message: the first few, and how many more."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(str, names[:_SHOWN])) + more


def one_line(error: Exception) -> str:
    """What another library's error says, as part of a line."""
    return " ".join(str(error).split()) or type(error).__name__


def _numbered(name: str, labels: np.ndarray) -> list[str]:
    """Names of the classes 0, 1, ... whose numbers these are, sorted and without repetition."""
    if not np.array_equal(labels, np.arange(len(labels))):
        absent = [str(i) for i in range(min(int(labels[-1]), len(labels) + _SHOWN)) if i not in set(labels.tolist())]
        raise ValueError(
            f"{name}: labels run from {_range(labels)}, but no image has {few(absent)}; number the classes from 0 "
            "without gaps, in both splits alike (np.unique of all labels with return_inverse=True), or name all of "
            "them in 'classes'"
        )
    return [str(i) for i in labels.tolist()]


def _all_equal(images: np.ndarray) -> bool:
    chunks = range(0, len(images), _CHUNK)
    return all(
        np.array_equal(c, np.broadcast_to(images[:1], c.shape)) for c in (images[i : i + _CHUNK] for i in chunks)
    )


def _range(values: np.ndarray) -> str:
    return f"{values.min():g} to {values.max():g}" if values.dtype.kind == "f" else f"{values.min()} to {values.max()}"


def _type_hints(images: np.ndarray) -> list[str]:
    """What an array of another data type than uint8 likely holds, and how to convert it."""
    kind = images.dtype.kind
    if images.dtype == np.uint8 or not images.size:
        return []
    if kind == "b":
        return ["convert by x.astype(np.uint8) * 255"]
    if kind not in "fiu":
        return ["it holds no numbers; images of several sizes must be brought to one before"]
    if kind == "f" and not np.isfinite(images).all():
        return ["it holds NaN or infinity"]
    low, high = images.min(), images.max()
    if low < 0:
        return [f"its values run from {_range(images)}, as if normalised: give the pixels before"]
    if high <= 1:
        return ["its values run from 0 to 1: convert by np.round(255 * x).astype(np.uint8)"]
    if high <= 255:
        return [f"convert by {'np.round(x)' if kind == 'f' else 'x'}.astype(np.uint8)"]
    return [f"its values run from {_range(images)}: scale them to 0..255 before"]


def _layout_hints(shape: tuple[int, ...]) -> list[str]:
    """What an array of an unlikely shape likely is, and how to arrange it."""
    if 0 in shape:
        return ["it is empty"]
    if len(shape) == 2:
        return _flattened(shape[1])
    if len(shape) == 3 and shape[2] in _FEW and shape[1] > shape[2]:
        return ["looks like a single image [H, W, C], or like images [N, H * W, C]: a colour image needs four axes"]
    if len(shape) != 4:
        return []
    _, a, b, c = shape
    if b > a < c and (a in _FEW or b == c):
        return ["looks like [N, C, H, W]; transpose(0, 2, 3, 1)"]
    if b in _FEW and b < a == shape[0] and c not in _FEW:
        return ["looks like [H, W, C, N]; transpose(3, 0, 1, 2)"]
    return []


def _flattened(pixels: int) -> list[str]:
    grey, colour = math.isqrt(pixels), math.isqrt(pixels // 3)
    if pixels > 1 and grey * grey == pixels:
        return [f"looks like flattened images; reshape(-1, {grey}, {grey})"]
    if pixels > 3 and 3 * colour * colour == pixels:
        ways = f"reshape(-1, {colour}, {colour}, 3), or where the channels come first, as in CIFAR-10's own files, "
        return [f"looks like flattened images; {ways}reshape(-1, 3, {colour}, {colour}).transpose(0, 2, 3, 1)"]
    return []


def _label_hint(labels: np.ndarray) -> str:
    kind = labels.dtype.kind
    if labels.ndim == 2 and kind in "biuf":
        return "; looks one-hot: labels.argmax(axis=1)"
    if kind in "USO":
        return "; number the names, in both splits alike (np.unique of all labels with return_inverse=True)"
    if kind == "f":
        whole = np.isfinite(labels).all() and np.array_equal(labels, np.round(labels))
        return "; convert by labels.astype(np.int32)" if whole else "; they are no whole numbers"
    return "; convert by labels.astype(np.int32)" if kind == "b" else ""
