"""Damaged files of arrays and images lead to the documented errors, in one line that names the file, or are read."""

import contextlib
import io
import os
import warnings

import numpy as np
import pytest
from mutation import mutations
from PIL import Image

from dartsx.data import load_dataset
from dartsx.data.images import read_picture

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (8, 8, 8, 3), dtype=np.uint8)
ARRAYS = {"images": PIXELS, "labels": np.arange(8) % 2, "classes": np.array(["a", "b"])}
FOUR = {"x_train": PIXELS[:, :, :, 0], "y_train": np.arange(8) % 2, "x_test": PIXELS[:2, :, :, 1], "y_test": [0, 1]}


def assert_documented(error, name):
    assert type(error) in (ValueError, MemoryError), repr(error)
    assert name in str(error) and "\n" not in str(error), str(error)


@pytest.fixture(autouse=True)
def in_silence():
    """What is not read and which classes lack images is said, as it should be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def written(save, arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [written(np.savez, ARRAYS), written(np.savez_compressed, FOUR)],
    ids=["two arrays", "four arrays, compressed"],
)
def test_mutated_files_of_arrays_are_read_or_refused(data, tmp_path):
    path, refused = tmp_path / "mine.npz", 0
    for mutation in mutations(data, seed=1):
        path.write_bytes(mutation)
        try:
            dataset = load_dataset(str(path))
        except Exception as error:
            assert_documented(error, "mine")
            refused += 1
        else:
            assert dataset.train.images.dtype == np.uint8 and len(dataset.classes) >= 2
    assert refused > 1000


def encoded(form, **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS[0]).save(file, form, **options)
    return file.getvalue()


IMAGES = {
    "PNG": encoded("PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    "JPEG": encoded("JPEG"),
    "GIF": encoded("GIF"),
    "BMP": encoded("BMP"),
    "TIFF": encoded("TIFF"),
    "WEBP": encoded("WEBP"),
    "PPM": encoded("PPM"),
}


@pytest.mark.parametrize("form", IMAGES)
def test_mutated_images_are_read_or_refused(form):
    refused = 0
    for mutation in mutations(IMAGES[form], seed=2):
        try:
            image = read_picture(mutation, "x.png").image
        except Exception as error:
            assert_documented(error, "x.png")
            refused += 1
        else:
            assert image.mode in ("L", "RGB")
    assert refused > 200


FOLDERS = [b"train", b"Test", b"cat", b"dog", b"Cat", b"caf\xc3\xa9", b"cafe\xcc\x81", b"\xe9", b".cache", b"x.png"]
FILES = [
    b"1.png",
    b"2.PNG",
    b"3.jpg",
    b"4.gif",
    b"5.jfif",
    b"\xe9.png",
    b"x.txt",
    b"Thumbs.db",
    b".hidden.png",
    b"README",
]
LIKELY = [0.5, 0.2, 0.1, 0.05, 0.05, 0.02, 0.02, 0.02, 0.02, 0.02]


def test_random_folders_are_read_or_refused(tmp_path):
    """Data sets of both layouts with up to four files more, at unlikely places."""
    rng, read = np.random.default_rng(3), 0
    for number in range(150):
        root = os.fsencode(tmp_path / f"images{number}")
        for i in range(16):
            split = [[b"train"], [b"test"], []][2 if number % 2 else i // 2 % 2]
            plant(os.path.join(root, *split, FOLDERS[2 + i % 2]), i, rng)
        for i in range(rng.integers(5)):
            places = rng.choice(len(FOLDERS), size=rng.integers(3), p=LIKELY)
            plant(os.path.join(root, *(FOLDERS[k] for k in places)), 16 + i, rng)
        try:
            read += len(load_dataset(f"folder:{os.fsdecode(root)}").train) > 0
        except Exception as error:
            assert_documented(error, "images")
    assert 25 < read < 125


def plant(folder, number, rng):
    """Writes a file, unless its folder's name is already that of a file or the other way round."""
    name = b"%d%s" % (number, FILES[rng.choice(len(FILES), p=LIKELY)])
    with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"" if rng.random() < 0.01 else shade(number))


def shade(number):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 99, 7)).save(file, "PNG")
    return file.getvalue()
