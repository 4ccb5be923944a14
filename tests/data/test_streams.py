"""Batches that are read while they are used."""

import itertools

import numpy as np
import pytest
from PIL import Image

from dartsx.data import eval_stream, open_source, train_stream
from dartsx.data.images import center_crop, color_jitter, random_resized_crop

COUNT = 23


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Images of one colour each, so that a crop still tells which image it is from."""
    root = tmp_path_factory.mktemp("images")
    for number in range(COUNT):
        for part in ("train", "test"):
            folder = root / part / f"class{number % 3}"
            folder.mkdir(parents=True, exist_ok=True)
            size = (20 + number, 40 - number)
            Image.new("RGB", size, (number * 10, 7, 9)).save(folder / f"{number:02d}.png")
    return open_source(f"folder:{root}").train


def numbers(batch):
    return (batch["images"][:, 0, 0, 0] // 10).tolist()


def take(stream, count):
    return list(itertools.islice(stream, count))


def assert_equal(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert a.keys() == b.keys()
        for key in a:
            np.testing.assert_array_equal(a[key], b[key])


@pytest.fixture(scope="module")
def twelve(source):
    """Twelve batches of four: two epochs of five, and two more."""
    return take(train_stream(source, 4, image_size=8, seed=1), 12)


def test_batches_have_the_stated_form_and_the_right_labels(twelve):
    for batch in twelve:
        assert batch["images"].shape == (4, 8, 8, 3) and batch["images"].dtype == np.uint8
        assert batch["labels"].dtype == np.int32
        assert [n % 3 for n in numbers(batch)] == batch["labels"].tolist()


def test_an_epoch_repeats_nothing_and_each_has_its_own_order(twelve):
    epochs = [sum(map(numbers, twelve[start : start + 5]), []) for start in (0, 5)]
    for epoch in epochs:
        assert len(set(epoch)) == len(epoch) == 20
    assert epochs[0] != epochs[1]


def test_the_same_seed_gives_the_same_batches_and_another_does_not(source, twelve):
    assert_equal(take(train_stream(source, 4, 8, seed=1), 3), twelve[:3])
    other = take(train_stream(source, 4, 8, seed=2), 3)
    assert [numbers(b) for b in other] != [numbers(b) for b in twelve[:3]]


@pytest.mark.parametrize("start", [1, 5, 7])
def test_starting_at_a_step_equals_skipping_the_batches_before(source, twelve, start):
    stream = train_stream(source, 4, 8, seed=1, start_step=start)
    assert_equal(take(stream, 12 - start), twelve[start:])


def test_hosts_together_have_the_batches_of_one(source, twelve):
    shards = [take(train_stream(source, 4, 8, seed=1, shard=(i, 2)), 7) for i in range(2)]
    for whole, *parts in zip(twelve[:7], *shards, strict=True):
        for i, part in enumerate(parts):
            assert_equal([part], [{key: value[i::2] for key, value in whole.items()}])


def test_worker_processes_give_the_same_batches(source, twelve):
    assert_equal(take(train_stream(source, 4, 8, seed=1, num_workers=2), 3), twelve[:3])


def test_digits_stream_from_their_tfds_files(tmp_path):
    digits = open_source("digits", tmp_path)
    (batch,) = take(train_stream(digits.train, 16, image_size=12, seed=0), 1)
    assert batch["images"].shape == (16, 12, 12, 3)
    total = sum(int(b["mask"].sum()) for b in eval_stream(digits.test, 100, 12, resize=12))
    assert total == 359


@pytest.mark.parametrize("hosts", [1, 2, 4])
def test_evaluation_has_every_example_exactly_once(source, hosts):
    seen = []
    for i in range(hosts):
        batches = list(eval_stream(source, 8, image_size=6, resize=8, shard=(i, hosts)))
        assert len(batches) == 3  # the same on every host
        for batch in batches:
            assert batch["images"].shape == (8 // hosts, 6, 6, 3)
            mask = batch["mask"]
            assert mask.dtype == np.bool_
            seen += np.array(numbers(batch))[mask].tolist()
            assert [n % 3 for n in np.array(numbers(batch))[mask]] == batch["labels"][mask].tolist()
    assert sorted(seen) == list(range(COUNT))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 5, "shard": (0, 2)}, "batch_size=5 does not divide among 2 hosts"),
        ({"batch_size": 24}, "batch_size=24 does not fit 23 examples"),
        ({"shard": (2, 2)}, "must be from 0 to 1"),
        ({"start_step": -1}, "start_step=-1"),
    ],
)
def test_impossible_streams_are_refused(source, changes, message):
    arguments = {"batch_size": 4, "image_size": 8, "seed": 0} | changes
    with pytest.raises(ValueError, match=message):
        train_stream(source, **arguments)


def test_evaluation_refuses_a_centre_larger_than_the_image(source):
    with pytest.raises(ValueError, match="resize=8 must be at least image_size=9"):
        eval_stream(source, 4, image_size=9, resize=8)


def gradient(width, height):
    """Red grows with the column, green with the row: a crop tells where it is from."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return Image.fromarray(pixels)


def test_random_resized_crops_keep_to_area_and_aspect():
    rng, image = np.random.default_rng(0), gradient(200, 150)
    for _ in range(200):
        crop = np.asarray(random_resized_crop(rng, image, 64)).astype(float)
        assert crop.shape == (64, 64, 3)
        width = (crop[:, -1, 0] - crop[:, 0, 0]).mean() / 255 * 200
        height = (crop[-1, :, 1] - crop[0, :, 1]).mean() / 255 * 150
        assert 0.06 < width * height / (200 * 150) < 1.01  # 0.08 to 1, less half a pixel each side
        assert 0.70 < width / height < 1.42


def test_random_resized_crop_of_a_stripe_takes_its_centre():
    image = gradient(1000, 4)  # no crop of at least 8% with aspect 4/3 fits
    crop = np.asarray(random_resized_crop(np.random.default_rng(0), image, 4))
    assert abs(crop[..., 0].mean() - 127.5) < 2


def test_center_crop_cuts_the_middle_of_the_resized_image():
    crop = np.asarray(center_crop(gradient(300, 200), 100, 100)).astype(float)
    assert crop.shape == (100, 100, 3)
    # The middle 100 of 150 columns, all 100 rows.
    np.testing.assert_allclose(crop[50, [0, -1], 0], [255 / 6, 255 * 5 / 6], atol=3)
    np.testing.assert_allclose(crop[[0, -1], 50, 1], [0, 255], atol=3)


def test_colour_jitter_changes_colours_within_its_bounds():
    rng, image = np.random.default_rng(0), Image.new("RGB", (4, 4), (200, 100, 50))
    results = {np.asarray(color_jitter(rng, image))[0, 0].tobytes() for _ in range(20)}
    assert len(results) > 15
    still = color_jitter(rng, image, strength=0.0, hue=0.0)
    np.testing.assert_allclose(np.asarray(still), np.asarray(image), atol=3)  # HSV rounds
    grey = Image.new("RGB", (4, 4), (100, 100, 100))
    for _ in range(20):
        value = np.asarray(color_jitter(rng, grey)).astype(int)
        assert np.ptp(value) == 0  # neither saturation nor hue touches grey
        assert 59 <= value[0, 0, 0] <= 141  # brightness alone moves it, by up to 0.4
