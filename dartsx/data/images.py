"""Single images on the host, with PIL: decoding, resizing, and the ImageNet augmentations."""

import functools
import io
import math
import re
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageEnhance, ImageOps

from dartsx.data.checks import one_line

# Formats by what their files hold, whatever their names end in; PIL knows others, one of which runs a program.
FORMATS = ("PNG", "JPEG", "MPO", "BMP", "DIB", "WEBP", "PPM", "TIFF", "GIF", "JPEG2000", "AVIF")
GREY_MODES = ("1", "L", "LA", "La")

# How files begin that are no images of these formats, and what to do about them.
_FOREIGN = (
    (b"version https://git-lfs", "is a pointer of Git LFS, not the image itself; fetch it by git lfs pull"),
    (b"<!doctype", "is a web page, as failed downloads leave; fetch the image again"),
    (b"<html", "is a web page, as failed downloads leave; fetch the image again"),
    (b"<?xml", "is XML (such as SVG); convert it to PNG"),
    (b"<svg", "is SVG; convert it to PNG"),
    (b"%pdf", "is a PDF; convert it to PNG"),
    (b"%!ps", "is PostScript; convert it to PNG"),
    (b"8bps", "is a Photoshop file; convert it to PNG"),
    (b"pk\x03\x04", "is a zip archive; unpack it"),
    (b"\x93numpy", "is an array of NumPy; write the arrays into an .npz file"),
)
_DEEP = re.compile(r"(L|LA|RGB|RGBA|RGBX|CMYK);16")  # how PIL unpacks 16 bits of these modes: it drops eight


class Picture(NamedTuple):
    """A decoded image.

    Attributes:
        image: a picture of mode L or RGB.
        frames: whether the file holds further frames or pages.
    """

    image: Image.Image
    frames: bool


def read_picture(data: bytes, origin: str) -> Picture:
    """Decodes an image: all readers do it so.

    Grey images become mode L, all others RGB, by 8 bits per channel. What is transparent shows white behind it. An
    image with an orientation in its EXIF data is turned upright. Of an animation or several pages the first is taken.
    Colour profiles are not applied.

    Args:
        data: the bytes of an image file, of one of `FORMATS`.
        origin: where they come from, for the error message.

    Raises:
        ValueError: if they cannot be decoded, or have more than 8 bits per channel.
    """
    if not data:
        raise ValueError(f"{origin} is empty")
    try:
        image = Image.open(io.BytesIO(data), formats=_formats())
        moves = image.format != "MPO" and getattr(image, "is_animated", False)  # phones add maps to their JPEGs
        deep = _is_deep(image)
        if not deep:
            image.load()
            image = _over_white(_upright(image))
    except Image.UnidentifiedImageError as error:
        raise ValueError(f"{origin} {_foreign(data)}") from error
    except Exception as error:  # whatever PIL's decoders make of damaged files
        raise ValueError(f"{origin} is not an image that can be decoded: {one_line(error)}") from error
    if deep:
        raise ValueError(f"{origin} has more than 8 bits per channel (PIL mode {image.mode}); scale it to 8 bits")
    return Picture(image, moves)


def open_rgb(data: bytes, origin: str) -> Image.Image:
    """Decodes an image as RGB; see `read_picture`."""
    return read_picture(data, origin).image.convert("RGB")


def decode(data: bytes, origin: str, size: int | None = None) -> np.ndarray:
    """Decodes an image, and resizes it where asked; see `read_picture` and `to_pixels`."""
    return to_pixels(read_picture(data, origin).image, size)


def to_pixels(image: Image.Image, size: int | None = None) -> np.ndarray:
    """Pixels of an image.

    Args:
        image: a picture of mode L or RGB.
        size: height and width of the result; None keeps the image's own.

    Returns:
        uint8 [H, W, 1] of a grey image, [H, W, 3] of any other.
    """
    pixels = np.asarray(image if size is None else resize(image, size))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def open_mask(data: bytes, origin: str) -> Image.Image:
    """Decodes a map of class numbers: a grey image of 8 bits, or one with a palette, whose indices are the numbers.

    Raises:
        ValueError: if it cannot be decoded, or is another kind of image.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "BMP", "TIFF", "GIF", "PPM"))
        image.load()
    except Exception as error:  # whatever PIL's decoders make of damaged files
        raise ValueError(f"{origin} is not a mask that can be decoded: {one_line(error)}") from error
    if image.mode not in ("L", "P"):
        raise ValueError(
            f"{origin} must hold a class number per pixel, as a grey image of 8 bits or with a palette; its PIL "
            f"mode is {image.mode}"
        )
    return image


def mask_pixels(mask: Image.Image, size: int | None = None) -> np.ndarray:
    """Class numbers of a mask, uint8 [H, W]; resized to ``size x size`` each pixel has the class of the nearest."""
    return np.asarray(mask if size is None else mask.resize((size, size), Image.Resampling.NEAREST))


@functools.cache
def _formats() -> tuple[str, ...]:
    """The formats that this version of PIL has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _is_deep(image: Image.Image) -> bool:
    """Whether an opened image has more than 8 bits per channel, before PIL drops them."""
    if image.mode.startswith(("I", "F")):
        return True
    for tile in getattr(image, "tile", ()):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if any(_DEEP.match(value) for value in arguments if isinstance(value, str)):
            return True
        if tile[0].startswith("ppm") and isinstance(arguments[-1], int) and arguments[-1] > 255:
            return True
    return False


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    except Exception:  # EXIF data that cannot be read say nothing
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _over_white(image: Image.Image) -> Image.Image:
    mode = "L" if image.mode in GREY_MODES else "RGB"
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == mode else image.convert(mode)


def _foreign(data: bytes) -> str:
    start = data[:32].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, verdict in _FOREIGN:
        if start.startswith(beginning):
            return verdict
    if data[4:8] == b"ftyp":
        return f"is of the kind {data[8:12].decode('ascii', 'replace')!r} (such as HEIC); convert it to JPEG or PNG"
    return f"is not an image that can be decoded: it is of none of the formats {', '.join(FORMATS)}"


def resize(image: Image.Image, size: int) -> Image.Image:
    """Resizes to ``size x size``, bilinear with antialiasing; the aspect ratio may change."""
    if image.size == (size, size):
        return image
    return image.resize((size, size), Image.Resampling.BILINEAR)


def resize_pixels(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes arrays as ``resize`` does images: uint8 [N, H, W, C] to [N, size, size, C]."""
    resized = np.empty((len(images), size, size, images.shape[-1]), np.uint8)
    for target, image in zip(resized, images, strict=True):
        for c in range(images.shape[-1]):
            target[..., c] = resize(Image.fromarray(image[..., c]), size)
    return resized


def center_crop(image: Image.Image, size: int, short_side: int) -> Image.Image:
    """The standard ImageNet evaluation view.

    Args:
        image: any size.
        size: side of the result, in pixels.
        short_side: what the image's shorter side is resized to before its centre is cut out;
            at least ``size``. 256 for 224 in the literature.

    Returns:
        ``size x size`` pixels.
    """
    width, height = image.size
    scale = short_side / min(width, height)
    width, height = (max(short_side, round(side * scale)) for side in (width, height))
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - size) // 2, (height - size) // 2
    return image.crop((left, top, left + size, top + size))


def random_resized_crop(
    rng: np.random.Generator,
    image: Image.Image,
    size: int,
    area: tuple[float, float] = (0.08, 1.0),
    aspect: tuple[float, float] = (3 / 4, 4 / 3),
) -> Image.Image:
    """A random part of the image, resized to ``size x size`` (arXiv:1409.4842).

    The part's share of the area is uniform in ``area``, the logarithm of its aspect ratio uniform
    in ``aspect``. A part that does not fit is drawn again, ten times at most; then the largest
    centred part within the aspect bounds is taken.
    """
    width, height = image.size
    for _ in range(10):
        pixels = width * height * rng.uniform(*area)
        ratio = math.exp(rng.uniform(math.log(aspect[0]), math.log(aspect[1])))
        w, h = round(math.sqrt(pixels * ratio)), round(math.sqrt(pixels / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = rng.integers(width - w + 1), rng.integers(height - h + 1)
            break
    else:
        ratio = min(max(width / height, aspect[0]), aspect[1])
        w, h = min(width, round(height * ratio)), min(height, round(width / ratio))
        left, top = (width - w) // 2, (height - h) // 2
    box = (int(left), int(top), int(left + w), int(top + h))
    return image.resize((size, size), Image.Resampling.BILINEAR, box=box)


def color_jitter(rng: np.random.Generator, image: Image.Image, strength: float = 0.4, hue: float = 0.2) -> Image.Image:
    """Random brightness, contrast, saturation and hue, in random order: DARTS's ImageNet recipe.

    Args:
        rng: where the draws come from.
        image: RGB.
        strength: brightness, contrast and saturation are multiplied by a factor that is uniform in
            ``[1 - strength, 1 + strength]`` each.
        hue: the hue is turned by a share of the circle that is uniform in ``[-hue, hue]``.
    """
    changes = [ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color, None]
    for i in rng.permutation(len(changes)):
        if changes[i] is None:
            image = _turn_hue(image, rng.uniform(-hue, hue))
        else:
            image = changes[i](image).enhance(rng.uniform(1 - strength, 1 + strength))
    return image


def _turn_hue(image: Image.Image, turn: float) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    shift = round(turn * 255)
    hue = hue.point([(h + shift) % 256 for h in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")
