"""The one table from a network's name to what makes it. A new network is one more line here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from dartsx.catalog import UPSCALES
from dartsx.networks import (
    block_list,
    detnas,
    efficientnet,
    mixnet,
    mnasnet,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v3,
    regnet,
    segmentation,
)
from dartsx.networks.alexnet import alexnet, alexnet_two_towers
from dartsx.networks.amoebanet import amoebanet_a
from dartsx.networks.auto_deeplab import FILTERS, auto_deeplab
from dartsx.networks.description import Network
from dartsx.networks.detectors import PYRAMIDS, retinanet, small_detector
from dartsx.networks.errors import check_choice
from dartsx.networks.nasnet import nasnet_a
from dartsx.networks.pnasnet import pnasnet5
from dartsx.networks.recurrent import lstm
from dartsx.networks.resnet import resnet, resnet_cifar, resnext, resnext_cifar, se_resnet
from dartsx.networks.shufflenet import shufflenet_v1, shufflenet_v2
from dartsx.networks.squeezenet import squeezenet1_0, squeezenet1_1
from dartsx.networks.upscaling import bicubic, edsr, edsr_tiny, srcnn
from dartsx.networks.vgg import vgg

NETWORKS: dict[str, Callable[..., Network]] = {
    "alexnet": alexnet,
    "alexnet_two_towers": alexnet_two_towers,
    "vgg11": partial(vgg, 11),
    "vgg13": partial(vgg, 13),
    "vgg16": partial(vgg, 16),
    "vgg19": partial(vgg, 19),
    "vgg11_bn": partial(vgg, 11, True),
    "vgg13_bn": partial(vgg, 13, True),
    "vgg16_bn": partial(vgg, 16, True),
    "vgg19_bn": partial(vgg, 19, True),
    "squeezenet1_0": squeezenet1_0,
    "squeezenet1_0_simple_bypass": partial(squeezenet1_0, bypass="simple"),
    "squeezenet1_0_complex_bypass": partial(squeezenet1_0, bypass="complex"),
    "squeezenet1_1": squeezenet1_1,
    "resnet18": partial(resnet, 18),
    "resnet34": partial(resnet, 34),
    "resnet50": partial(resnet, 50),
    "resnet101": partial(resnet, 101),
    "resnet152": partial(resnet, 152),
    "resnext50_32x4d": partial(resnext, 50, 32, 4),
    "resnext101_32x8d": partial(resnext, 101, 32, 8),
    "se_resnet50": partial(se_resnet, 50),
    "mobilenet_v1": mobilenet_v1.mobilenet_v1,
    "mobilenet_v1_0_75": partial(mobilenet_v1.mobilenet_v1, 0.75),
    "mobilenet_v1_0_5": partial(mobilenet_v1.mobilenet_v1, 0.5),
    "mobilenet_v1_0_25": partial(mobilenet_v1.mobilenet_v1, 0.25),
    "mobilenet_v2": mobilenet_v2.mobilenet_v2,
    "mobilenet_v2_1_4": partial(mobilenet_v2.mobilenet_v2, 1.4),
    "mobilenet_v2_0_75": partial(mobilenet_v2.mobilenet_v2, 0.75),
    "mobilenet_v2_0_5": partial(mobilenet_v2.mobilenet_v2, 0.5),
    "mobilenet_v2_0_25": partial(mobilenet_v2.mobilenet_v2, 0.25),
    "mobilenet_v3_large": partial(mobilenet_v3.mobilenet_v3, "large"),
    "mobilenet_v3_small": partial(mobilenet_v3.mobilenet_v3, "small"),
    "shufflenet_v1_g1": partial(shufflenet_v1, 1),
    "shufflenet_v1_g2": partial(shufflenet_v1, 2),
    "shufflenet_v1_g3": partial(shufflenet_v1, 3),
    "shufflenet_v1_g4": partial(shufflenet_v1, 4),
    "shufflenet_v1_g8": partial(shufflenet_v1, 8),
    "shufflenet_v2_x0_5": partial(shufflenet_v2, 0.5),
    "shufflenet_v2_x1_0": partial(shufflenet_v2, 1.0),
    "shufflenet_v2_x1_5": partial(shufflenet_v2, 1.5),
    "shufflenet_v2_x2_0": partial(shufflenet_v2, 2.0),
    "mnasnet_b1": mnasnet.mnasnet_b1,
    "mnasnet_b1_0_5": partial(mnasnet.mnasnet_b1, 0.5),
    "mnasnet_b1_0_75": partial(mnasnet.mnasnet_b1, 0.75),
    "mnasnet_b1_1_3": partial(mnasnet.mnasnet_b1, 1.3),
    "mnasnet_a1": mnasnet.mnasnet_a1,
    **{f"efficientnet_{v}": partial(efficientnet.efficientnet, v) for v in efficientnet.SCALINGS},
    **{f"mixnet_{size}": partial(mixnet.mixnet, size) for size in mixnet.SIZES},
    **{f"regnetx_{size}": partial(regnet.regnetx, size) for size in regnet.X},
    **{f"regnety_{size}": partial(regnet.regnety, size) for size in regnet.Y},
    "nasnet_a_mobile": partial(nasnet_a, "mobile"),
    "nasnet_a_large": partial(nasnet_a, "large"),
    "amoebanet_a_4_50": partial(amoebanet_a, 4, 50),
    "amoebanet_a_6_190": partial(amoebanet_a, 6, 190),
    "amoebanet_a_6_448": partial(amoebanet_a, 6, 448),
    "pnasnet5_mobile": partial(pnasnet5, "mobile"),
    "pnasnet5_large": partial(pnasnet5, "large"),
    # For small images.
    "vgg11_bn_cifar": partial(vgg, 11, True, head="cifar", classes=10),
    "vgg16_bn_cifar": partial(vgg, 16, True, head="cifar", classes=10),
    "resnet20": partial(resnet_cifar, 20),
    "resnet32": partial(resnet_cifar, 32),
    "resnet44": partial(resnet_cifar, 44),
    "resnet56": partial(resnet_cifar, 56),
    "resnet110": partial(resnet_cifar, 110),
    "resnet18_cifar": partial(resnet, 18, stem="cifar", classes=10),
    "resnet50_cifar": partial(resnet, 50, stem="cifar", classes=10),
    "resnext29_8x64d": partial(resnext_cifar, 8, 64),
    "se_resnet18_cifar": partial(se_resnet, 18, stem="cifar", classes=10),
    "mobilenet_v1_cifar": partial(mobilenet_v1.mobilenet_v1, stem="cifar", classes=10),
    "mobilenet_v2_cifar": partial(mobilenet_v2.mobilenet_v2, stem="cifar", classes=10),
    "shufflenet_v2_x1_0_cifar": partial(shufflenet_v2, 1.0, stem="cifar", classes=10),
    "nasnet_a_cifar": partial(nasnet_a, "cifar"),
    "amoebanet_a_6_36_cifar": partial(amoebanet_a, 6, 36, stem="cifar"),
    "pnasnet5_cifar": partial(pnasnet5, "cifar"),
    **{name: partial(detnas.detnas, name) for name in detnas.BACKBONES},
    # Results of searches, as their authors published them.
    **{name: partial(block_list.published, name) for name in block_list.shipped()},
}

# Names that libraries use, where they differ by more than case and punctuation.
# RegNets are named by hundreds of millions of multiply-adds in timm.
_CODES = ("002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320")
_TIMM_REGNETS = dict(zip(regnet.X, _CODES, strict=True))
ALIASES = {
    **{f"regnet{kind}_{code}": f"regnet{kind}_{size}" for kind in "xy" for size, code in _TIMM_REGNETS.items()},
    "legacy_seresnet50": "se_resnet50",
    "nasnet_a_4@1056": "nasnet_a_mobile",
    "nasnet_a_6@4032": "nasnet_a_large",
    "nasnet_a_6@768": "nasnet_a_cifar",
    "mobilenetv1_100": "mobilenet_v1",
    "mobilenetv2_100": "mobilenet_v2",
    "mnasnet0_5": "mnasnet_b1_0_5",
    "mnasnet0_75": "mnasnet_b1_0_75",
    "mnasnet1_0": "mnasnet_b1",
    "mnasnet1_3": "mnasnet_b1_1_3",
    "semnasnet_100": "mnasnet_a1",
}


def names() -> tuple[str, ...]:
    """Names of all networks that classify images."""
    return tuple(NETWORKS)


# Networks of other tasks than the classification of images, which the table of `names` leaves out.
LANGUAGE_MODELS: dict[str, Callable[..., Network]] = {"lstm": lstm}
SEGMENTATION: dict[str, Callable[..., Network]] = {
    **{name: partial(auto_deeplab, filters, name=name) for name, filters in FILTERS.items()},
    **{f"unet_{width}": partial(segmentation.unet, width) for width in segmentation.UNET_WIDTHS},
    **{f"small_deeplab_{width}": partial(segmentation.small_deeplab, width) for width in segmentation.DEEPLAB_WIDTHS},
}
DETECTION: dict[str, Callable[..., Network]] = {
    **{f"retinanet_{name}": partial(retinanet, each.make(), repeats=each.on_resnet) for name, each in PYRAMIDS.items()},
    **{f"small_{name}": partial(small_detector, each.make(), repeats=each.small) for name, each in PYRAMIDS.items()},
}
SUPER_RESOLUTION: dict[str, Callable[..., Network]] = {
    f"{name}_x{scale}": partial(make, scale)
    for name, make in {"bicubic": bicubic, "srcnn": srcnn, "edsr_tiny": edsr_tiny, "edsr_baseline": edsr}.items()
    for scale in UPSCALES
}
_BY_NAME = {**NETWORKS, **LANGUAGE_MODELS, **SEGMENTATION, **DETECTION, **SUPER_RESOLUTION}


def all_names() -> tuple[str, ...]:
    """Names of all networks, of whatever task."""
    return tuple(_BY_NAME)


def is_name(given: str) -> bool:
    """Whether this is the exact name of a network, of whatever task."""
    return given in _BY_NAME


def network(name: str, classes: int | None = None) -> Network:
    """The network of this name; case, ``-``, ``_`` and ``.`` need not match, but between digits there must be one.

    Args:
      name: one of `names`, a usual other name of one of them, or a file of `dartsx.networks.block_list`.
      classes: number of logits; by default the paper's, 1000 or (CIFAR) 10.

    Raises:
      ValueError: no such name (lists all), a file that holds no network, or a number of classes below 1.
    """
    exact = canonical_name(name)
    if classes is not None and classes < 1:
        raise ValueError(f"{exact}: the number of classes must be 1 or more, got {classes}")
    make = partial(block_list.from_file, exact) if block_list.is_file(exact) else _BY_NAME[exact]
    return make() if classes is None else make(classes=classes)


def canonical_name(name: str) -> str:
    """The name in the table for one that may be spelt differently, a file as given; else ValueError that lists all."""
    if block_list.is_file(name):
        return name
    known = {_loose(exact): exact for exact in _BY_NAME} | {_loose(alias): exact for alias, exact in ALIASES.items()}
    exact = known.get(_loose(name), name)
    check_choice("network", exact, _BY_NAME)
    return exact


def _loose(name: str) -> str:
    return re.sub(r"(?<=\d)[-_. ]+(?=\d)", "/", name.lower()).replace("-", "").replace("_", "").replace(" ", "")
