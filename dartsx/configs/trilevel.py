"""Trilevel NAS for super-resolution by four, at the size of its paper, on a folder of image patches.

Command: ``dartsx run --config=trilevel --config.dataset.name=folder:PATCHES --workdir=runs/trilevel``
Data: patches of 128x128 pixels in folders of any names, cut by the user, such as those of DIV2K and Flickr2K.
Source: arXiv:2101.06658 and its released code: 64 channels, at most five cells of five operations and two up-samplings,
batches of 4 patches whose low resolution is 32x32, 100 epochs, half of the images for the alphas, L1.
Needs: a GPU. Not run here.

The release trains weights by Adam (rate 1e-4, halved thrice) where dartsx has SGD with momentum and a cosine schedule,
so the rates are this project's; dartsx/spaces/chains/trilevel_images.py and dartsx/search/methods/trilevel.py say what
else differs.
"""

from ml_collections import ConfigDict

from dartsx.configs.super_resolution import get_config as super_resolution


def get_config(method: str = "trilevel") -> ConfigDict:
    """That of ``configs/super_resolution.py`` with the settings of the paper where dartsx has them."""
    config = super_resolution(method)
    config.dataset.update(name="folder:patches", upscale=4)
    config.space.name = "trilevel_x4"
    config.search.update(epochs=100, batch_size=4, channels=64, remat="branch")
    config.search.weights.update(learning_rate=0.02, learning_rate_min=0.001, clip=5.0)
    config.search.alphas.learning_rate = 3e-4
    config.evaluate.update(epochs=300, batch_size=16, channels=64, learning_rate=0.02)
    config.search.augment.flip = config.evaluate.augment.flip = True
    return config
