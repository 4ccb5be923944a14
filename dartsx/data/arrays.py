"""A user's own arrays as a data set, in memory or in an .npz file."""

import pathlib

import numpy as np

from dartsx.data.dataset import Dataset, Split
from dartsx.data.images import resize_pixels
from dartsx.data.splits import stratified_holdout
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
        name: what to call it.
        x_train: uint8 [N, H, W, C], or [N, H, W] for grey images.
        y_train: integers [N] or [N, 1], class numbers from 0.
        x_test: as ``x_train``.
        y_test: as ``y_train``.
        classes: class names; None numbers them.
        label: what reports call it; None takes ``name``.

    Returns:
        The data set, with mean and standard deviation of its training images.

    Raises:
        ValueError: if an array has another data type or shape, or a label no class.
    """
    train = Split(_images(name, "train", x_train), _labels(name, "train", y_train))
    test = Split(_images(name, "test", x_test), _labels(name, "test", y_test))
    if classes is None:
        count = int(max(train.labels.max(), test.labels.max())) + 1
        classes = tuple(str(i) for i in range(count))
    mean, std = channel_statistics(train.images)
    return Dataset(name, label or name, tuple(classes), train, test, mean, std)


def load_npz(path: pathlib.Path, held_out: float, seed: int, image_size: int | None = None) -> Dataset:
    """Reads a data set from an ``.npz`` file.

    The file holds ``x_train, y_train, x_test, y_test``, or ``images, labels`` of which a share of
    every class is held out for evaluation; and ``classes``, an array of names, if it likes.

    Example::

        np.savez("mine.npz", images=images, labels=labels)  # uint8 [N, H, W, C], int [N]
        dataset = load_dataset("mine.npz")

    Args:
        path: the file.
        held_out: share to hold out of ``images, labels``, between 0 and 1.
        seed: of the held-out choice.
        image_size: height and width that all images are resized to; None leaves them.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if arrays are missing, or are not what ``from_arrays`` takes.
    """
    path = path.expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"no such file of arrays: {path}")
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in (*_FOUR, *_TWO, "classes") if key in file.files}
        found = file.files
    if image_size is not None:
        for key in {"x_train", "x_test", "images"} & arrays.keys():
            images = _images(path.stem, key, arrays[key])
            arrays[key] = resize_pixels(images, image_size)
    classes = tuple(str(c) for c in arrays["classes"]) if "classes" in arrays else None
    if all(key in arrays for key in _FOUR):
        return from_arrays(path.stem, *(arrays[key] for key in _FOUR), classes=classes)
    if all(key in arrays for key in _TWO):
        images, labels = arrays["images"], _labels(path.stem, "given", arrays["labels"])
        kept, out = stratified_holdout(labels, held_out, seed)
        four = (images[kept], labels[kept], images[out], labels[out])
        label = held_out_label(path.stem, held_out, seed)
        return from_arrays(path.stem, *four, classes=classes, label=label)
    raise ValueError(
        f"{path} holds the arrays {', '.join(found) or 'none'}; needed are {', '.join(_FOUR)}, or {', '.join(_TWO)}"
    )


def held_out_label(name: str, held_out: float, seed: int) -> str:
    """How a report names a data set whose test images were held out by us."""
    return f"{name} ({held_out:.0%} held out, seed {seed})"


def _images(name: str, part: str, images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError(
            f"{name}: {part} images must be uint8 [N, H, W, C] or [N, H, W] with values 0..255, "
            f"got {images.dtype} {list(images.shape)}"
        )
    return images if images.ndim == 4 else images[..., None]


def _labels(name: str, part: str, labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise ValueError(f"{name}: {part} labels must be integers [N], got {labels.dtype} {list(labels.shape)}")
    return labels.astype(np.int32)
