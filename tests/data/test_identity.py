"""The fingerprint of a data set: equal for equal content, wherever it lies and whatever it is called."""

import shutil
import unicodedata

import numpy as np
import pytest
from PIL import Image

from dartsx.data import load_dataset, open_source, survey
from dartsx.data.digits import prepare_digits

STATISTICS = ((0.5,) * 3, (0.2,) * 3)


def write(root, *names, shift=0):
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number + shift).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="bmp")  # files of one size


def in_memory(name, data_dir=None):
    return load_dataset(str(name), data_dir).identity


def streamed(name, data_dir=None):
    return survey.survey(open_source(str(name), data_dir), 8, STATISTICS)


@pytest.fixture(params=[in_memory, streamed])
def identify(request):
    return request.param


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    write(root, *(f"{label}/{i}.bmp" for label in ("a", "b") for i in range(6)))
    return root


def test_counts_stand_beside_the_fingerprint(identify, folder):
    record = identify(folder).record()
    assert (record["train"], record["test"], record["classes"]) == (10, 2, 2)
    assert record["image_shape"] == [8, 8, 3]
    assert record["fingerprint"].startswith("sha256:") and len(record["fingerprint"]) == 71


def test_the_same_content_at_another_place_is_the_same(identify, folder):
    moved = shutil.copytree(folder, folder.parent / "moved")
    assert identify(moved) == identify(folder)


def test_the_form_of_a_names_unicode_does_not_count(identify, tmp_path):
    for form in ("NFC", "NFD"):
        names = [unicodedata.normalize(form, f"caf\u00e9/{i}\u00e9.bmp") for i in range(5)]
        write(tmp_path / form, *names, *(f"b/{i}.bmp" for i in range(5)))
    assert identify(tmp_path / "NFC") == identify(tmp_path / "NFD")


def repaint(folder):
    write(folder, "a/0.bmp", shift=99)


def exchange(folder):
    (folder / "a" / "0.bmp").rename(folder / "spare")
    (folder / "b" / "0.bmp").rename(folder / "a" / "0.bmp")
    (folder / "spare").rename(folder / "b" / "0.bmp")


def add(folder):
    write(folder, "a/7.bmp", shift=99)


def remove(folder):
    (folder / "a" / "0.bmp").unlink()


@pytest.mark.parametrize("change", [repaint, exchange, add, remove])
def test_other_content_is_another_data_set(identify, folder, change):
    before = identify(folder)
    change(folder)
    assert identify(folder).fingerprint != before.fingerprint


def test_prepared_data_are_the_same_wherever_they_lie(identify, tmp_path):
    prepare_digits(tmp_path / "here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    first, second = (identify("digits", tmp_path / place) for place in ("here", "there"))
    assert first == second and (first.train, first.test) == (1438, 359)


def test_in_memory_the_format_does_not_count(folder):
    pictures = load_dataset(str(folder))
    arrays = {"x_train": pictures.train.images, "x_test": pictures.test.images}
    np.savez(folder.parent / "mine.npz", **arrays, y_train=pictures.train.labels, y_test=pictures.test.labels)
    assert in_memory(folder.parent / "mine.npz") == pictures.identity


def test_of_many_images_a_sample_is_looked_at_evenly(folder, monkeypatch):
    monkeypatch.setattr(survey, "SAMPLE", 3)
    assert survey.spread(10) == [0, 4, 9] and survey.spread(2) == [0, 1]
    before = streamed(folder)
    (folder / "a" / "0.bmp").write_bytes((folder / "a" / "0.bmp").read_bytes() + b"\0")  # another size
    assert streamed(folder) != before


def test_images_that_are_all_equal_are_refused_before_they_are_streamed(tmp_path):
    for number in range(6):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.new("RGB", (8 + number, 9), "white").save(tmp_path / "a" / f"{number}.png")
    for read in (streamed, lambda name: load_dataset(name, image_size=8)):
        with pytest.raises(ValueError, match="train images are equal"):
            read(f"folder:{tmp_path}")
