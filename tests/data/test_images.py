"""Images of every kind: what becomes of their pixels, by both readers."""

import io

import numpy as np
import pytest
from PIL import Image

from dartsx.data import eval_stream, load_dataset, open_source
from dartsx.data.checks import DataNotice
from dartsx.data.images import decode

SIDE = 16
COLOUR = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]
ALPHA = np.where(np.arange(SIDE)[:, None] < 8, 255, 0).astype(np.uint8) * np.ones((1, SIDE), np.uint8)


def read_in_memory(folder):
    """RGB pixels of the training images."""
    images = load_dataset(f"folder:{folder}", image_size=SIDE).train.images
    return np.broadcast_to(images, (*images.shape[:3], 3))


def read_streamed(folder):
    source = open_source(f"folder:{folder}").train
    (batch,) = eval_stream(source, len(source), image_size=SIDE, resize=SIDE)
    return batch["images"]


@pytest.fixture(params=[read_in_memory, read_streamed])
def read(request, tmp_path):
    """Pixels of an image in a folder with others, by each of the readers."""

    def run(name, image, **options):
        for number in range(4):
            (tmp_path / "a").mkdir(exist_ok=True)
            Image.fromarray(np.roll(COLOUR, number + 1, 0)).save(tmp_path / "a" / f"z{number}.png")
        path = tmp_path / "a" / name
        path.write_bytes(image) if isinstance(image, bytes) else image.save(path, **options)
        (tmp_path / "train").mkdir(exist_ok=True)
        if not (tmp_path / "train" / "a").exists():
            (tmp_path / "a").rename(tmp_path / "train" / "a")
        return request.param(tmp_path)[0]

    return run


def three(grey):
    return np.repeat(grey[..., None], 3, -1)


def with_alpha(pixels):
    return Image.fromarray(np.dstack([pixels, ALPHA]))


def palette(**options):
    image = Image.new("P", (SIDE, SIDE), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, SIDE, 8))
    return image


TOP = ALPHA[..., None] > 0
KINDS = {
    "RGB": ("0.png", Image.fromarray(COLOUR), {}, COLOUR),
    "grey": ("0.png", Image.fromarray(GREY), {}, three(GREY)),
    "black and white": ("0.png", Image.fromarray(GREY > 127), {}, three(np.where(GREY > 127, 255, 0))),
    "RGB with alpha": ("0.png", with_alpha(COLOUR), {}, np.where(TOP, COLOUR, 255)),
    "grey with alpha": ("0.png", with_alpha(GREY), {}, np.where(TOP, three(GREY), 255)),
    "palette": ("0.png", palette(), {}, np.where(TOP, [10, 20, 30], [200, 100, 50])),
    "transparent palette": ("0.png", palette(), {"transparency": 1}, np.where(TOP, [10, 20, 30], 255)),
    "GIF": ("0.gif", palette(), {}, np.where(TOP, [10, 20, 30], [200, 100, 50])),
    "CMYK": ("0.tif", Image.fromarray(COLOUR).convert("CMYK"), {}, COLOUR),
    "WebP": ("0.webp", Image.fromarray(COLOUR), {"lossless": True}, COLOUR),
    "another extension": ("0.jpg", Image.fromarray(COLOUR), {"format": "png"}, COLOUR),
    "EXIF orientation": ("0.png", Image.fromarray(COLOUR), {"exif": {0x0112: 6}}, np.rot90(COLOUR, -1)),
    "EXIF orientation of TIFF": ("0.tif", Image.fromarray(COLOUR), {"exif": {0x0112: 8}}, np.rot90(COLOUR)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_has_the_same_stated_pixels_for_both_readers(read, kind):
    name, image, options, expected = KINDS[kind]
    if "exif" in options:
        exif = Image.Exif()
        exif.update(options["exif"])
        options = options | {"exif": exif}
    np.testing.assert_array_equal(read(name, image, **options), expected)


@pytest.mark.parametrize(
    "image",
    [Image.fromarray(GREY.astype(np.uint16)), Image.fromarray(GREY.astype(np.float32)), Image.new("I", (SIDE, SIDE))],
    ids=["16 bits", "float", "32 bits"],
)
def test_more_than_8_bits_are_refused_by_both_readers(read, image):
    with pytest.raises(ValueError, match="0.tif has more than 8 bits per channel"):
        read("0.tif", image)


def png_of_16_bits(channels, colour_type):
    """PNG that PIL itself cannot write."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, colour_type, 0, 0, 0)
    rows = (b"\0" + bytes(2 * channels * SIDE)) * SIDE
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(("channels", "colour_type"), [(1, 0), (3, 2), (2, 4), (4, 6)])
def test_16_bits_are_refused_whatever_the_channels(channels, colour_type):
    with pytest.raises(ValueError, match="more than 8 bits"):
        decode(png_of_16_bits(channels, colour_type), "x.png")
    with pytest.raises(ValueError, match="more than 8 bits"):
        decode(b"P6 1 1 65535\n" + bytes(6), "x.ppm")


def test_the_first_frame_of_an_animation_is_taken_which_is_said(tmp_path):
    frames = [Image.new("L", (SIDE, SIDE), shade) for shade in (9, 90, 200)]
    for number in range(4):
        (tmp_path / "a").mkdir(exist_ok=True)
        first = Image.new("L", (SIDE, SIDE), 50 * number)
        first.save(tmp_path / "a" / f"{number}.gif", save_all=True, append_images=frames)
    with pytest.warns(DataNotice, match="of 3 images with several frames or pages the first is used: .*gif"):
        data = load_dataset(f"folder:{tmp_path}", held_out=0.25)
    assert set(np.unique(data.train.images)) <= {0, 50, 100, 150}


def bytes_of(image, form):
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


FOREIGN = {
    b"": "0.png is empty",
    b"version https://git-lfs.github.com/spec/v1\n": "is a pointer of Git LFS, .*git lfs pull",
    b"\n<!DOCTYPE html><html>": "is a web page",
    b"<svg xmlns=''>": "is SVG; convert it to PNG",
    b"%!PS-Adobe-3.0 EPSF-3.0": "is PostScript",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic": r"of the kind 'heic' \(such as HEIC\); convert",
    b"PK\3\4" + bytes(30): "is a zip archive; unpack it",
    b"no image": "is of none of the formats PNG, JPEG",
    bytes_of(Image.fromarray(COLOUR), "PNG")[:200]: "cannot be decoded|image that can be decoded",
    bytes_of(Image.fromarray(COLOUR), "JPEG")[:300]: "cannot be decoded|image that can be decoded",
}


@pytest.mark.parametrize("data", FOREIGN, ids=lambda data: repr(data[:8]))
def test_files_that_are_no_images_are_named_with_what_to_do(read, data):
    with pytest.raises(ValueError, match=FOREIGN[data]) as caught:
        read("0.png", data)
    assert "\n" not in str(caught.value) and "0.png" in str(caught.value)


def test_images_that_are_all_equal_are_refused(tmp_path):
    for number in range(5):
        (tmp_path / "a").mkdir(exist_ok=True)
        shape = np.zeros((SIDE, SIDE, 4), np.uint8)
        shape[number] = 255  # white on nothing
        Image.fromarray(shape).save(tmp_path / "a" / f"{number}.png")
    with pytest.raises(ValueError, match="all 4 train images are equal"):
        load_dataset(f"folder:{tmp_path}")
