"""Trilevel NAS for super-resolution by four, at the size of its paper, on a folder of image patches.

Command: ``dartsx run --config=trilevel --config.dataset.name=folder:PATCHES --workdir=runs/trilevel``
Data: patches of 128x128 pixels in folders of any names, cut by the user, such as those of DIV2K and Flickr2K.
Source: arXiv:2101.06658 and its released code: 64 channels, at most five cells of five operations and two up-samplings,
batches of 4 patches whose low resolution is 32x32, 100 epochs, half of the images for the alphas, L1.
Needs: a GPU. Not run here.

The release trains weights by Adam (rate 1e-4, halved thrice) where dartsx has SGD with momentum and a cosine schedule,
so the rates are this project's; what else differs say dartsx/spaces/chains/trilevel_images.py and
dartsx/search/methods/trilevel.py.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "trilevel") -> ConfigDict:
    """Settings of the paper where dartsx has them; `method` as in ``configs/cifar10.py``."""
    config = base(method)
    config.dataset.name, config.dataset.upscale = "folder:patches", 4
    config.space.name = "trilevel_x4"

    search = config.search
    search.epochs, search.batch_size, search.channels = 100, 4, 64
    search.weights.update(learning_rate=0.02, learning_rate_min=0.001, weight_decay=0.0)
    search.alphas.update(learning_rate=3e-4, weight_decay=0.0)
    search.augment.crop_padding, search.augment.flip = 0, True
    search.remat = "branch"
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels = 300, 16, 64
    evaluate.update(learning_rate=0.02, learning_rate_min=0.0, weight_decay=0.0, clip=1.0)
    evaluate.update(auxiliary=False, drop_path=0.0, test_every=10)
    evaluate.augment.update(crop_padding=0, flip=True, cutout=0)
    return config
