"""Single images on the host, with PIL: decoding, resizing, and the ImageNet augmentations."""

import io
import math

import numpy as np
from PIL import Image, ImageEnhance

GREY_MODES = ("1", "L", "LA", "La")


def open_rgb(data: bytes, origin: str) -> Image.Image:
    """Decodes an image as RGB.

    Args:
        data: the bytes of an image file.
        origin: where they come from, for the error message.

    Raises:
        ValueError: if PIL cannot decode them.
    """
    return _open(data, origin).convert("RGB")


def decode(data: bytes, origin: str, size: int | None = None) -> np.ndarray:
    """Decodes an image, and resizes it where asked.

    Args:
        data: the bytes of an image file.
        origin: where they come from, for the error message.
        size: height and width of the result; None keeps the image's own.

    Returns:
        uint8 [H, W, 1] of a grey image, [H, W, 3] of any other; transparency is dropped.

    Raises:
        ValueError: if PIL cannot decode them, or an image has more than 8 bits per channel.
    """
    image = _open(data, origin)
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"{origin} has more than 8 bits per channel (PIL mode {image.mode})")
    mode = "L" if image.mode in GREY_MODES else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if size is not None:
        image = resize(image, size)
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _open(data: bytes, origin: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{origin} is not an image that can be decoded: {error}") from error
    return image


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
