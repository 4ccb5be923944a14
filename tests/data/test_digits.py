"""The embedded digits."""

import multiprocessing
import os

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dartsx.data import load_dataset
from dartsx.data.digits import prepare_digits


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("digits")


@pytest.fixture(scope="module")
def digits(data_dir):
    return load_dataset("digits", data_dir)


def expected_pixels():
    pixels = np.zeros((1797, 12, 12, 1), np.uint8)
    pixels[:, 2:10, 2:10, 0] = np.round(load_digits().images / 16 * 255)
    return pixels


def test_sizes_and_names_are_as_stated(digits):
    assert (digits.name, digits.label) == ("digits", "digits")
    assert digits.classes == tuple("0123456789")
    assert digits.train.images.shape == (1438, 12, 12, 1)
    assert digits.test.images.shape == (359, 12, 12, 1)


def test_both_splits_together_are_scikit_learns_images_and_labels(digits):
    def pairs(images, labels):
        return sorted((image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True))

    images = np.concatenate([digits.train.images, digits.test.images])
    labels = np.concatenate([digits.train.labels, digits.test.labels])
    assert pairs(images, labels) == pairs(expected_pixels(), load_digits().target)


def test_no_test_image_is_trained_on(data_dir, digits):
    import tensorflow_datasets as tfds

    ids = {
        split: {int(e["id"]) for e in tfds.data_source("digits", data_dir=data_dir, split=split)}
        for split in ("train", "test")
    }
    assert not ids["train"] & ids["test"]
    assert ids["train"] | ids["test"] == set(range(1797))


def test_test_split_is_stratified(digits):
    share = np.bincount(digits.test.labels) / np.bincount(load_digits().target)
    assert np.abs(share - 0.2).max() < 0.01


def test_statistics_are_those_of_the_training_images(digits):
    pixels = digits.train.images / 255
    np.testing.assert_allclose((digits.mean, digits.std), ([pixels.mean()], [pixels.std()]))


def test_a_second_load_reads_the_prepared_files(data_dir, digits):
    folder = data_dir / "digits" / "1.0.0"
    before = {f.name: f.stat().st_mtime_ns for f in folder.iterdir()}
    again = load_dataset("digits", data_dir)
    assert before == {f.name: f.stat().st_mtime_ns for f in folder.iterdir()}
    np.testing.assert_array_equal(again.train.images, digits.train.images)


def test_default_folder_is_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_dataset()
    assert (tmp_path / "dartsx" / "data" / "digits" / "1.0.0" / "dataset_info.json").is_file()


def test_processes_that_prepare_at_once_leave_one_whole_copy(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=prepare_digits, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["digits"]
    assert len(load_dataset("digits", tmp_path).train) == 1438


def test_losing_the_race_keeps_the_winners_copy(tmp_path, monkeypatch):
    rename = os.rename

    def rename_after_another_process(source, target):
        rename(source, target)
        if target == tmp_path / "digits" / "1.0.0":  # so far the other process, now ours
            os.makedirs(source)
            rename(source, target)  # fails: the target is not empty

    monkeypatch.setattr(os, "rename", rename_after_another_process)
    prepare_digits(tmp_path)
    assert len(load_dataset("digits", tmp_path).test) == 359


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="set XDG_CACHE_HOME or data_dir"):
        load_dataset("digits", tmp_path / "file")
