"""What the field calls the common data sets, and the statistics it normalises them with."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    """Facts about a data set that its files do not tell, or not before they are read.

    Attributes:
        label: the name in papers and reports.
        mean: published mean per channel in pixel units 0..1; None to compute it.
        std: published standard deviation per channel; None to compute it.
        evaluation_split: the TFDS split that results are reported on.
        lossless: whether the originals are free of JPEG losses, so that a JPEG copy is another
            data set and is called so.
        shape: height, width and channels of every image; None where they differ or are not said here.
        classes: number of classes, where `shape` is said.
    """

    label: str
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    evaluation_split: str = "test"
    lossless: bool = True
    shape: tuple[int, int, int] | None = None
    classes: int | None = None


KNOWN: dict[str, Known] = {
    # The figures of DARTS (arXiv:1806.09055, released code).
    "cifar10": Known(
        "CIFAR-10",
        mean=(0.49139968, 0.48215827, 0.44653124),
        std=(0.24703233, 0.24348505, 0.26158768),
        shape=(32, 32, 3),
        classes=10,
    ),
    # DARTS itself has no CIFAR-100; the figures of P-DARTS (arXiv:1904.12760), built on its code.
    "cifar100": Known(
        "CIFAR-100",
        mean=(0.5071, 0.4867, 0.4408),
        std=(0.2675, 0.2565, 0.2761),
        shape=(32, 32, 3),
        classes=100,
    ),
    "imagenet2012": Known(
        "ImageNet",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        evaluation_split="validation",  # the TFDS test split has no labels
        lossless=False,
    ),
    "fashion_mnist": Known("Fashion-MNIST"),
    "mnist": Known("MNIST"),
    "svhn_cropped": Known("SVHN"),
    "digits": Known("digits"),
}
