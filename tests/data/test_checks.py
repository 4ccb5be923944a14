"""Arrays that are not what they should be are refused with the likely mistake; what is overlooked easily is said."""

import warnings
import zipfile

import numpy as np
import pytest

from dartsx.data import from_arrays, load_dataset
from dartsx.data.checks import DataNotice

N = 20
PIXELS = np.random.default_rng(0).integers(0, 256, (N, 8, 8, 3), dtype=np.uint8)
LABELS = np.arange(N) % 4


def load(path, **arrays):
    np.savez(path, **arrays)
    return load_dataset(str(path))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.npz"


@pytest.fixture(params=["two arrays", "four arrays"])
def load_images(request, file):
    """Loads images by both spellings of a file."""

    def run(images, labels=LABELS):
        if request.param == "two arrays":
            return load(file, images=images, labels=labels)
        half = {"x_test": PIXELS, "y_test": LABELS}
        return load(file, x_train=images, y_train=labels, **half)

    return run


UNLIKELY = {
    "channels first": (PIXELS.transpose(0, 3, 1, 2), r"looks like \[N, C, H, W\]; transpose\(0, 2, 3, 1\)"),
    "one channel first": (PIXELS[:, None, :, :, 0], r"looks like \[N, C, H, W\]"),
    "thirteen channels first": (np.zeros((N, 13, 16, 16), np.uint8), r"looks like \[N, C, H, W\]"),
    "examples last": (PIXELS.transpose(1, 2, 3, 0), r"looks like \[H, W, C, N\]; transpose\(3, 0, 1, 2\)"),
    "flattened grey": (PIXELS[..., 0].reshape(N, -1), r"flattened images; reshape\(-1, 8, 8\)"),
    "flattened colour": (PIXELS.reshape(N, -1), r"flattened images; reshape\(-1, 8, 8, 3\)"),
    "a single image": (PIXELS[0], "looks like a single image"),
    "no images": (PIXELS[:0], "it is empty"),
    "0 to 1": (PIXELS / 255, r"run from 0 to 1: convert by np.round\(255 \* x\)"),
    "float 0 to 255": (PIXELS.astype(np.float32), r"convert by np.round\(x\).astype"),
    "normalised": (PIXELS / 127.5 - 1, "as if normalised"),
    "NaN": (np.where(PIXELS == 0, np.nan, PIXELS), "holds NaN"),
    "int64": (PIXELS.astype(np.int64), r"convert by x.astype\(np.uint8\)"),
    "16 bits": (PIXELS.astype(np.uint16) * 257, r"run from 0 to 65535: scale"),
    "boolean": (PIXELS > 127, r"astype\(np.uint8\) \* 255"),
    "text": (PIXELS.astype(str), "holds no numbers"),
    "cast from 0 to 1": ((PIXELS > 127).astype(np.uint8), "no pixel of the train images is above 1"),
    "all equal": (np.broadcast_to(PIXELS[:1], PIXELS.shape), "train images are equal"),
}


@pytest.mark.parametrize("case", UNLIKELY)
def test_unlikely_images_are_refused_with_the_likely_mistake(load_images, case):
    images, message = UNLIKELY[case]
    with pytest.raises(ValueError, match=message):
        load_images(images)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:12], "20 images but 12 labels"),
        (np.arange(30) % 4, "20 images but 30 labels"),
        (np.eye(4)[LABELS], r"looks one-hot: labels.argmax\(axis=1\)"),
        (LABELS.astype(float), r"convert by labels.astype"),
        (LABELS + 0.5, "no whole numbers"),
        (np.array(list("abcd"))[LABELS], "number the names, in both splits alike"),
        (LABELS - 1, "labels run from -1 to 2"),
        (LABELS + 2**40, "labels run from 1099511627776"),
        (np.where(LABELS == 3, 255, LABELS), r"labels run from 0 to 255, but no image has (3, )?4, 5"),
    ],
)
def test_wrong_labels_are_refused_with_the_likely_mistake(load_images, labels, message):
    with pytest.raises(ValueError, match=message):
        load_images(PIXELS, labels)


def test_labels_that_begin_with_one_are_refused(file):
    with pytest.raises(ValueError, match="run from 1 to 4, but no image has 0; number the classes from 0"):
        load(file, images=PIXELS, labels=LABELS + 1)


def test_classes_that_only_evaluation_has_are_refused():
    with pytest.raises(ValueError, match="of which there is none to train with: 3"):
        from_arrays("mine", PIXELS[:3], LABELS[:3], PIXELS[3:], LABELS[3:])


def test_several_channels_that_lie_last_are_taken(file):
    spectra = np.random.default_rng(1).integers(0, 256, (N, 16, 16, 13), dtype=np.uint8)
    assert load(file, images=spectra, labels=LABELS).image_shape == (16, 16, 13)


def test_a_class_that_evaluation_does_not_see_is_said(file):
    images = np.random.default_rng(1).integers(0, 256, (202, 8, 8), dtype=np.uint8)
    labels = (np.arange(202) >= 200).astype(int)
    with pytest.warns(DataNotice, match="no test image shows 1 of 2 classes: rare"):
        load(file, images=images, labels=labels, classes=np.array(["often", "rare"]))


def test_a_named_class_without_images_is_said(file):
    with pytest.warns(DataNotice, match="no train image shows 1 of 5 classes: e"):
        load(file, images=PIXELS, labels=LABELS, classes=np.array(list("abcde")))


def test_arrays_that_are_not_read_are_said(file):
    with pytest.warns(DataNotice, match="not read: the arrays x_val, y_val"):
        load(file, images=PIXELS, labels=LABELS, x_val=PIXELS, y_val=LABELS)


def test_a_sound_file_is_loaded_without_a_word(file):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(file, images=PIXELS, labels=LABELS)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Images": PIXELS, "labels": LABELS}, r"holds the arrays labels, Images \(rename Images to images\)"),
        ({"images": PIXELS, "labels": LABELS, "classes": np.array(10)}, r"classes must be an array of names"),
        ({"images": PIXELS, "labels": LABELS, "classes": np.array(list("aabc"))}, "several of a"),
        ({}, "holds no arrays"),
    ],
)
def test_other_names_of_arrays_are_refused(file, arrays, message):
    with pytest.raises(ValueError, match=message):
        load(file, **arrays)


def test_names_of_classes_may_be_bytes(file):
    assert load(file, images=PIXELS, labels=LABELS, classes=np.array([b"a", b"b", b"c", b"d"])).classes == tuple("abcd")


def test_damaged_and_other_files_are_named(file, tmp_path):
    np.savez(file, images=PIXELS, labels=LABELS)
    whole = file.read_bytes()
    contents = {
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "bits": whole[:500] + bytes([whole[500] ^ 255]) + whole[501:],
        "text": b"images, labels\n1, 2\n",
    }
    for name, data in contents.items():
        (tmp_path / f"{name}.npz").write_bytes(data)
    np.save(tmp_path / "single.npy", PIXELS)
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    np.savez(tmp_path / "objects.npz", images=np.array([None, "x"]), labels=LABELS)
    with zipfile.ZipFile(tmp_path / "images.npz", "w") as archive:
        archive.writestr("cat/1.png", b"picture")
    for name in (*contents, "single"):
        with pytest.raises(ValueError, match=f"{name}.npz is damaged or no .npz file: .") as caught:
            load_dataset(str(tmp_path / f"{name}.npz"))
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="objects.npz holds pickled Python objects"):
        load_dataset(str(tmp_path / "objects.npz"))
    with pytest.raises(ValueError, match="images.npz holds the arrays cat/1.png; needed are"):
        load_dataset(str(tmp_path / "images.npz"))


def test_a_folder_that_is_named_like_a_file_is_named(tmp_path):
    (tmp_path / "mine.npz").mkdir()
    with pytest.raises(ValueError, match=r"mine.npz is a folder, .*write folder:.*mine.npz"):
        load_dataset(str(tmp_path / "mine.npz"))


def test_an_extension_in_capitals_is_one(tmp_path):
    np.savez(tmp_path / "mine.npz", images=PIXELS, labels=LABELS)
    (tmp_path / "mine.npz").rename(tmp_path / "MINE.NPZ")
    assert len(load_dataset(str(tmp_path / "MINE.NPZ")).train) == 16
