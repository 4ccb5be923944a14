"""The embedded data set: scikit-learn's handwritten digits, as a TFDS builder.

1,797 grey 8x8 images of the UCI test set of handwritten digits (Alpaydin and Kaynak, 1998), which
scikit-learn ships. Preparing them needs neither a network nor TensorFlow.
"""

import contextlib
import io
import os
import pathlib
import tempfile
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from dartsx.data.splits import stratified_holdout

TEST_FRACTION = 0.2  # 1,438 images to train with, 359 to test with
SPLIT_SEED = 0
PADDING = 2  # zeros around the 8x8 pixels: 12x12 halves twice, 12 -> 6 -> 3


class Digits(tfds.core.GeneratorBasedBuilder):
    """Handwritten digits, 12x12 grey: 1,438 train and 359 test images, stratified by class."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First version."}

    def _info(self) -> tfds.core.DatasetInfo:
        side = 8 + 2 * PADDING
        return tfds.core.DatasetInfo(
            builder=self,
            description="scikit-learn's handwritten digits, padded with zeros to 12x12.",
            features=tfds.features.FeaturesDict(
                {
                    "id": tfds.features.Scalar(np.int32),  # position in scikit-learn's order
                    "image": tfds.features.Image(shape=(side, side, 1), encoding_format="png"),
                    "label": tfds.features.ClassLabel(names=[str(i) for i in range(10)]),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        from sklearn.datasets import load_digits

        digits = load_digits()
        images, labels = to_pixels(digits.images), digits.target
        train, test = stratified_holdout(labels, TEST_FRACTION, SPLIT_SEED)
        return {
            "train": self._generate_examples(images, labels, train),
            "test": self._generate_examples(images, labels, test),
        }

    def _generate_examples(
        self, images: np.ndarray, labels: np.ndarray, indices: np.ndarray
    ) -> Iterator[tuple[int, dict]]:
        for i in map(int, indices):
            png = io.BytesIO()
            Image.fromarray(images[i]).save(png, format="png")
            png.seek(0)
            yield i, {"id": i, "image": png, "label": int(labels[i])}


def to_pixels(images: np.ndarray) -> np.ndarray:
    """Scales scikit-learn's 0..16 to 0..255 and pads: [N, 8, 8] to uint8 [N, 12, 12]."""
    pixels = np.round(images * (255 / 16)).astype(np.uint8)
    return np.pad(pixels, ((0, 0), (PADDING, PADDING), (PADDING, PADDING)))


def cache_dir() -> pathlib.Path:
    """Where digits are kept: ``dartsx/data`` in the user's cache folder (``XDG_CACHE_HOME``)."""
    root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(root).expanduser() / "dartsx" / "data"


def prepare_digits(data_dir: pathlib.Path) -> None:
    """Writes digits into a TFDS directory, unless they are there already.

    The files are written aside and moved into place as a whole, so any number of processes may do
    this at once, and an interrupted one leaves nothing half done.

    Args:
        data_dir: TFDS directory; made if it does not exist.

    Raises:
        OSError: if the directory cannot be written; says how to choose another.
    """
    target = data_dir / "digits" / str(Digits.VERSION)
    if target.is_dir():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=".digits-") as scratch:
            builder = Digits(data_dir=scratch)
            silent = io.StringIO()  # two progress bars for a second of work
            with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
                builder.download_and_prepare(file_format="array_record")
            try:
                os.rename(builder.data_dir, target)
            except OSError:
                if not target.is_dir():  # else another process was first, with the same content
                    raise
    except OSError as error:
        raise OSError(
            f"digits cannot be prepared in {data_dir} ({error}); "
            "set XDG_CACHE_HOME or data_dir to a folder that can be written"
        ) from error
