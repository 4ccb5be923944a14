"""Super-resolution on digits: a network of three levels is searched, derived and retrained beside a small EDSR.

Command: ``dartsx run --config=super_resolution --workdir=runs/super_resolution``
Data: handwritten digits of 12x12 pixels, made of copies of 6x6; ``--config.dataset.name=cifar10`` takes CIFAR-10.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "trilevel") -> ConfigDict:
    """Search, derivation and retraining; `method` as in ``configs/cifar10.py``, by default that of the space."""
    config = base(method)
    config.dataset.name, config.dataset.upscale = "digits", 2
    config.space.name = "trilevel_small_x2"

    search = config.search
    search.epochs, search.batch_size, search.channels = 10, 32, 16
    search.weights.update(learning_rate=0.1, learning_rate_min=0.01, weight_decay=0.0, clip=1.0)
    search.alphas.update(learning_rate=1e-2)
    search.augment.update(crop_padding=0, flip=False)
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels = 20, 32, 16
    evaluate.update(learning_rate=0.1, learning_rate_min=0.0, weight_decay=0.0, clip=1.0)
    evaluate.update(auxiliary=False, drop_path=0.0, test_every=10)
    evaluate.augment.update(crop_padding=0, flip=False, cutout=0)
    return config
