"""Images become what a network reads as evaluation makes it of them."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from dartsx.data import normalize
from dartsx.data.images import center_crop, resize
from dartsx.export import Artefact, Card, ExportError, Resize
from dartsx.export.images import how_resized, read_images

CARD = Card("a network", None, "digits", ("a", "b"), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4), Resize("stretch"), {})
MADE = Artefact(CARD, "onnx", (), "NCHW", (3, 8, 8), (2,), "float32", None, 0, 0)


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return str(tmp_path / "picture.png")


def with_resize(**resize):
    return dataclasses.replace(MADE, card=dataclasses.replace(CARD, resize=Resize(**resize)))


def test_an_image_is_resized_and_normalized_as_test_images_are(picture):
    image = Image.open(picture)
    views = {
        "stretch": (with_resize(how="stretch"), resize(image, 8)),
        "centre": (with_resize(how="centre", short_side=9), center_crop(image, 8, 9)),
    }
    for made, view in views.values():
        found, others = read_images([picture], made)
        expected = normalize(np.asarray(view)[None], CARD.mean, CARD.std)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert found.dtype == np.float32 and others == [picture]
    assert how_resized(views["centre"][0]).startswith("the shorter side resized to 9 pixels")


def test_colours_and_sizes_fit_the_input(picture, tmp_path):
    card = dataclasses.replace(CARD, mean=(0.5,), std=(0.5,))
    grey = dataclasses.replace(MADE, card=card, layout="NHWC", input=(20, 30, 1))
    found, others = read_images([picture], grey)
    assert found.shape == (1, 20, 30, 1) and others == []
    Image.open(picture).convert("L").resize((8, 8)).save(tmp_path / "grey.png")
    found, others = read_images([str(tmp_path / "grey.png")], MADE)
    assert found.shape == (1, 8, 8, 3) and others == []


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ExportError, match=r"text.png is not an image that can be decoded: it is of none of"):
        read_images([str(tmp_path / "text.png")], MADE)
    with pytest.raises(ExportError, match=r"none.png cannot be read: No such file"):
        read_images([str(tmp_path / "none.png")], MADE)
    words = dataclasses.replace(MADE, layout="steps", input=(70,))
    with pytest.raises(ExportError, match="a network reads 70 numbers of words, not images"):
        how_resized(words)
