"""Evaluations whose images are read while they train."""

import contextlib
import itertools
import json
import os
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dartsx.data import Source, survey, train_stream
from dartsx.data.known import KNOWN
from dartsx.experiments.jobs import run_evaluate
from dartsx.experiments.jobs.evaluate import streamed_images
from dartsx.experiments.settings import SettingsError, evaluate_settings, parse_config
from dartsx.feeds import Streamed
from dartsx.feeds.streamed import statistics
from dartsx.losses import classification
from dartsx.runtime import make_mesh

TRAIN, TEST, CLASSES, BATCH, SIZE = 24, 11, 3, 4, 32
CELLS = (
    "Genotype(normal=[('skip_connect', 0), ('skip_connect', 1)], normal_concat=[2], "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=[2])"
)


def colour(number):
    return (number * 10, 255 - number * 10, 100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of one colour and one size each, in a folder per class; labels are the numbers modulo 3."""
    root = tmp_path_factory.mktemp("images")
    for part, count in (("train", TRAIN), ("test", TEST)):
        for number in range(count):
            place = root / part / f"class{number % CLASSES}"
            place.mkdir(parents=True, exist_ok=True)
            image = Image.new("RGB", (40 + number, 75 - number), colour(number))
            image.save(place / f"{number:02d}.png")
    return root


def config_of(folder, *overrides):
    given = [
        "--config=configs/imagenet.py",
        f"--config.dataset.name=folder:{folder}",
        f"--config.dataset.image_size={SIZE}",
        f"--config.genotype={CELLS}",
        f"--config.evaluate.batch_size={BATCH}",
        "--config.evaluate.channels=4",
        "--config.evaluate.layers=2",
        "--noconfig.evaluate.auxiliary",
        "--config.evaluate.epochs=2",
        "--config.evaluate.chunk_steps=3",
        "--config.evaluate.augment.cutout=8",
        "--config.compilation_cache=",
    ]
    return parse_config(["program", *given, *overrides]).config


@pytest.fixture
def feed(folder):
    opened = streamed_images(evaluate_settings(config_of(folder)), make_mesh(1)).feed
    yield opened
    opened.close()


def records(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The runs of this file compile the same programs: once is enough."""
    before = jax.config.jax_compilation_cache_dir
    yield f"--config.compilation_cache={tmp_path_factory.mktemp('cache')}"
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.fixture(scope="module")
def undisturbed(folder, tmp_path_factory, cache):
    workdir = tmp_path_factory.mktemp("runs") / "undisturbed"
    assert run_evaluate(config_of(folder, cache), workdir)
    return workdir


def test_a_network_trains_and_is_tested_on_streamed_images(undisturbed):
    result = json.loads((undisturbed / "result.json").read_text())
    assert result["test_error"] == pytest.approx(100 * (1 - result["test_accuracy"]))
    assert result["test_accuracy"] * TEST == pytest.approx(round(result["test_accuracy"] * TEST))
    found = [(r["step"], r["epoch"], r["split"]) for r in records(undisturbed)]
    assert found == [(6, 1, "train"), (6, 1, "test"), (12, 2, "train"), (12, 2, "test")]
    assert json.loads((undisturbed / "run.json").read_text())["status"] == "finished"


def test_a_run_stopped_within_an_epoch_resumes_to_the_same_bytes(folder, tmp_path, cache, undisturbed, monkeypatch):
    rows, asked = Streamed.rows, []

    def stopping(self, epoch, first, count):
        asked.append((epoch, first, count))
        if len(asked) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return rows(self, epoch, first, count)

    monkeypatch.setattr(Streamed, "rows", stopping)
    assert not run_evaluate(config_of(folder, cache), tmp_path / "run")
    assert run_evaluate(config_of(folder, cache), tmp_path / "run")
    assert asked == [(0, 0, 3), (0, 3, 3), (1, 0, 3), (1, 3, 3)]
    for name in ("metrics.jsonl", "genotype.json"):
        assert (tmp_path / "run" / name).read_bytes() == (undisturbed / name).read_bytes()
    results = [json.loads((d / "result.json").read_text()) for d in (tmp_path / "run", undisturbed)]
    assert results[0]["test_loss"] == results[1]["test_loss"]


@pytest.mark.parametrize("calls", [[(0, 0, 3), (0, 3, 3), (1, 0, 3)], [(1, 3, 3)], [(1, 2, 2), (0, 0, 3)]])
def test_rows_are_the_batches_of_their_steps_wherever_one_starts(feed, calls):
    for epoch, first, count in calls:
        rows = feed.rows(epoch, first, count)
        assert rows["images"].shape == (count, BATCH, SIZE, SIZE, 3)
        source, step = feed.source.train, 6 * epoch + first
        stream = train_stream(source, BATCH, SIZE, seed=0, start_step=step, jitter=True)
        for i, expected in enumerate(itertools.islice(stream, count)):
            np.testing.assert_array_equal(rows["images"][i], expected["images"])
            np.testing.assert_array_equal(rows["labels"][i], expected["labels"])


def test_a_batch_is_normalised_and_cut_out_on_the_device(feed):
    rows = feed.rows(0, 0, 1)
    row = jax.tree.map(lambda x: x[0], rows)
    batch = jax.jit(feed.batch)({}, row, jax.random.key(1))
    mean, std = statistics(feed.source)
    expected = (np.asarray(row["images"]) / 255 - mean) / std
    images = np.asarray(batch[0])
    erased = (images == 0).all(-1)
    assert all(16 <= hole <= 64 for hole in erased.sum((1, 2)))
    np.testing.assert_allclose(images[~erased], expected[~erased], atol=1e-5)
    np.testing.assert_array_equal(batch[1], row["labels"])


def test_every_test_image_counts_once(feed):
    """The network here scores an image by its colour, so the mean loss tells which images were in it."""
    scores = np.array([1.0, -2.0, 0.5], np.float32)
    outputs = lambda scale, batch: scale * batch.images.mean((1, 2)) * scores  # noqa: E731
    found = feed.evaluator(outputs, classification())(jnp.float32(1))
    mean, std = statistics(feed.source)
    logits = (np.array([colour(i) for i in range(TEST)]) / 255 - mean) / std * scores
    losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(TEST), np.arange(TEST) % CLASSES]
    assert TEST % BATCH
    assert found["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    correct = (logits.argmax(1) == np.arange(TEST) % CLASSES).sum()
    assert found["accuracy"] == correct / TEST


@pytest.mark.parametrize("looked_at", [True, False])
def test_an_image_that_cannot_be_decoded_is_named_with_its_setting(folder, tmp_path, monkeypatch, looked_at):
    for number in range(2):
        place = tmp_path / "train" / f"class{number}"
        place.mkdir(parents=True)
        Image.new("RGB", (40, 40), colour(number)).save(place / "a.png")
        (place / "bad.png").write_bytes(b"no image")
    (tmp_path / "test").symlink_to(folder / "test")
    (tmp_path / "train" / "class2").symlink_to(folder / "train" / "class2")
    settings = evaluate_settings(config_of(tmp_path, "--config.evaluate.batch_size=12"))
    monkeypatch.setattr(survey, "SAMPLE", 1000 if looked_at else 1)
    with pytest.raises(SettingsError, match=r"--config.dataset.name=.*bad\.png is not an image"):
        feed = streamed_images(settings, make_mesh(1)).feed
        assert not looked_at
        with contextlib.closing(feed):
            feed.rows(0, 0, 1)


def test_data_sets_without_published_statistics_take_those_of_imagenet():
    found = {name: statistics(Source(name, name, None, None, KNOWN.get(name))) for name in (*KNOWN, "folder:a/b")}
    assert found["cifar10"][0][0] == 0.49139968
    assert found["folder:a/b"] == found["fashion_mnist"] == found["imagenet2012"]
