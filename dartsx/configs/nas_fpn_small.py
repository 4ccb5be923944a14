"""A feature pyramid for boxes around handwritten digits, at a size for two cores.

    dartsx run --config=nas_fpn_small --workdir=runs/fpn

A supernet of all pyramids with the levels of NAS-FPN's (arXiv:1904.07392) searches which maps their cells merge, and
how; what is derived is trained beside FPN of as many multiply-adds. Strategies search all pyramids, retraining each:

    dartsx search --config=nas_fpn_small --config.space.name=nas_fpn_small --strategy=evolution --objective=retrain ...
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Search, derivation and retraining of a pyramid; `method` as in ``cifar10``."""
    config = base(method)
    config.dataset.name = "digit_boxes"
    config.space.name = "dartsx.spaces.graphs.nas_fpn:small_given_levels"

    search = config.search
    search.epochs, search.batch_size, search.channels, search.layers = 24, 16, 8, 1
    search.weights.update(learning_rate=0.1, clip=1.0)  # first gradients are about a hundred times larger
    search.alphas.update(learning_rate=3e-2, warmup_epochs=8)
    search.augment.update(crop_padding=4, flip=False)
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels, evaluate.layers = 48, 8, 16, 2
    evaluate.update(learning_rate=0.1, clip=1.0, weight_decay=1e-4, auxiliary=False, drop_path=0.0, test_every=12)
    evaluate.warmup_epochs = 2
    evaluate.augment.update(crop_padding=4, flip=False, cutout=0, scale=0.1)
    return config
