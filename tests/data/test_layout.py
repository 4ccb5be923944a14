"""Folders of images: what is read, what is counted, and what a wrong layout is told."""

import os
import unicodedata
import warnings

import numpy as np
import pytest
from PIL import Image

from dartsx.data import load_dataset
from dartsx.data.checks import DataNotice


def write(root, *names):
    """Writes a grey image, each another one, under every name."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(list(os.fsencode(path.name))).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="png")


def five(folder, extension="png"):
    return [os.path.join(folder, f"{i}.{extension}") for i in range(5)]


def load(root):
    return load_dataset(f"folder:{root}")


def said(root):
    """What loading says, without the path."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load(root)
    return [str(each.message).replace(str(root), "ROOT") for each in caught if each.category is DataNotice]


def refused(root):
    with pytest.raises(ValueError) as caught:
        load(root)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(root), "ROOT")


# What is read


@pytest.mark.parametrize("extension", ["JPG", "jfif", "jpe", "TIFF", "pbm", "apng", "jp2", "avif"])
def test_extensions_of_images_are_read_in_small_and_capital_letters(tmp_path, extension):
    write(tmp_path, *five("a"), *five("b", extension))
    assert said(tmp_path) == []
    assert len(load(tmp_path).train) == 8


@pytest.mark.parametrize("names", [("Train", "Test"), ("TRAIN", "Val"), ("train", "Validation")])
def test_folders_of_splits_may_have_capitals(tmp_path, names):
    write(tmp_path, *(path for split in names for c in "ab" for path in five(f"{split}/{c}")))
    data = load(tmp_path)
    assert data.classes == ("a", "b") and len(data.test) == 10


def test_a_class_may_be_called_train(tmp_path):
    write(tmp_path, *(path for c in ("car", "plane", "train") for path in five(c)))
    assert load(tmp_path).classes == ("car", "plane", "train")


def test_class_names_match_whatever_the_form_of_their_unicode(tmp_path):
    names = {form: unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD")}
    write(tmp_path, *five(f"train/{names['NFD']}"), *five("train/b"))
    write(tmp_path, *five(f"test/{names['NFC']}"), *five("test/b"))
    assert load(tmp_path).classes == ("b", names["NFC"])


def test_file_names_that_are_no_utf8_are_read(tmp_path):
    write(tmp_path, *five("a"), *five("b"))
    os.rename(tmp_path / "a" / "0.png", os.fsencode(tmp_path / "a") + b"/\xe9.png")
    assert len(load(tmp_path).train) == 8


# What is counted


def test_everything_that_is_not_read_is_counted_in_one_line(tmp_path):
    root = tmp_path / "pets"
    write(root, *five("a"), *five("b"), *five("b/more"), *five("a/more/deep"), *five(""), "a/.hidden.png")
    for name in ("a/Thumbs.db", "b/desktop.ini", "b/README", "notes.txt", "a/c.heic", "b/d.heic"):
        (root / name).write_bytes(b"x")
    (root / ".cache").mkdir()
    assert said(root) == [
        "ROOT: not read: 5 images directly in pets, 1 .txt directly in pets, 1 hidden directly in pets, "
        "1 .db in class folders, 2 .heic in class folders, 1 .ini in class folders, "
        "1 hidden in class folders, 1 without extension in class folders, "
        "10 files in 2 folders inside of classes (more, more)"
    ]


def test_folders_beside_the_splits_are_counted(tmp_path):
    write(tmp_path, *(path for split in ("train", "test", "val") for c in "ab" for path in five(f"{split}/{c}")))
    write(tmp_path, *five("unlabelled"), *five("train"))
    assert said(tmp_path) == [
        "ROOT: not read: folder unlabelled (5 files), folder val (10 files), 5 images directly in train"
    ]


def test_classes_that_a_split_lacks_are_said(tmp_path):
    write(tmp_path, *(path for c in "abc" for path in five(f"train/{c}")), *five("test/a"))
    (tmp_path / "test" / "b").mkdir()
    assert said(tmp_path) == ["ROOT: no test image shows 2 of 3 classes: b, c"]


# What is refused


def test_images_one_level_too_deep_are_explained(tmp_path):
    write(tmp_path, *five("cat/young"), *five("cat/old"), *five("dog/young"))
    assert refused(tmp_path) == (
        "class folder ROOT/cat has no images, only folders (old, young): they must lie directly in it, not in folders "
        "inside"
    )


def test_a_folder_around_the_classes_is_named(tmp_path):
    write(tmp_path, *five("flowers/daisy"), *five("flowers/rose"))
    assert refused(tmp_path).endswith("(did you mean folder:ROOT/flowers?)")


def test_other_names_of_splits_are_explained(tmp_path):
    write(tmp_path, *five("Training/a"), *five("Testing/a"))
    assert "folders of splits are called train and test or val" in refused(tmp_path)


def test_images_without_classes_are_explained(tmp_path):
    write(tmp_path, *five("train/a"), *five("train/b"), *five("test"))
    assert "ROOT/test holds 5 images but no folder per class, so that they have no labels" in refused(tmp_path)
    write(tmp_path / "flat", *five("train"), *five("test"))
    assert "ROOT/train holds 5 images but no folder per class" in refused(tmp_path / "flat")
    write(tmp_path / "bare", *five(""))
    assert "ROOT has 5 images and no folders: expected one folder of images per class" in refused(tmp_path / "bare")


def test_splits_without_one_to_train_with_are_explained(tmp_path):
    write(tmp_path, *five("test/a"), *five("val/a"))
    assert refused(tmp_path) == "ROOT has the folders test, val of splits but no train with a folder per class"


def test_a_missing_path_is_told_what_is_there(tmp_path):
    write(tmp_path / unicodedata.normalize("NFD", "Caf\u00e9"), *five("a"))
    with pytest.raises(FileNotFoundError, match="no such folder of images: .*there is .*, other in capitals or"):
        load(tmp_path / "caf\u00e9")
    (tmp_path / "Mine.NPZ").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="no such file of arrays: .*there is Mine.NPZ"):
        load_dataset(str(tmp_path / "mine.npz"))


def test_a_class_of_foreign_files_is_explained(tmp_path):
    write(tmp_path, *five("a"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.heic").write_bytes(b"x")
    assert refused(tmp_path).startswith("class folder ROOT/b has no images, only 1 .heic; looked for .png, ")


def test_a_class_in_other_letters_is_named(tmp_path):
    write(tmp_path, *five("train/Cat"), *five("train/dog"), *five("test/cat"))
    assert refused(tmp_path) == "ROOT/test has classes that ROOT/train lacks: cat (cat is Cat there; rename it)"


def test_names_that_look_the_same_are_refused(tmp_path):
    for form in ("NFC", "NFD"):
        write(tmp_path, *five(unicodedata.normalize(form, "caf\u00e9")))
    assert "whose names differ only in the form of their Unicode" in refused(tmp_path)
    write(tmp_path / "splits", *five("train/a"), *five("Train/a"))
    assert "keep one called train" in refused(tmp_path / "splits")


def test_class_names_that_are_no_utf8_are_refused(tmp_path):
    write(tmp_path, *five("a"), *five("b"))
    os.rename(tmp_path / "b", os.fsencode(tmp_path) + b"/donn\xe9es")
    assert "is no UTF-8: donn\\udce9es" in refused(tmp_path)
    with pytest.raises(ValueError, match="the name of the data set is no UTF-8"):
        load_dataset(os.fsdecode(b"folder:donn\xe9es"))


def test_what_is_no_file_but_named_like_an_image_is_refused(tmp_path):
    write(tmp_path, *five("a"), *five("b"))
    (tmp_path / "a" / "x.png").mkdir()
    assert "ROOT/a/x.png has the name of an image but is a folder" in refused(tmp_path)
    (tmp_path / "a" / "x.png").rmdir()
    (tmp_path / "a" / "x.png").symlink_to("nowhere")
    assert "is a link that leads nowhere" in refused(tmp_path)


def test_a_file_instead_of_a_folder_is_named(tmp_path):
    (tmp_path / "flowers.zip").write_bytes(b"")
    assert refused(tmp_path / "flowers.zip") == "ROOT is a file, not a folder of images; unpack it if it is an archive"
    with pytest.raises(ValueError, match="folder: names no folder"):
        load_dataset("folder:")
