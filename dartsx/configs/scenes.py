"""Auto-DeepLab's cell and path on scenes of handwritten digits, at a size for two cores.

    dartsx run --config=scenes --workdir=runs/scenes

Searches, derives, retrains beside U-Net, and writes the report with the trellis. Settings of the paper are those of
``auto_deeplab``; as there, alphas rest in the first half of the search.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Search, derivation and retraining of a segmentation network; `method` as in ``cifar10``."""
    config = base(method)
    config.dataset.name = "digit_scenes"
    config.dataset.scenes.update(size=32, train=960, test=240, digits=3)
    config.dataset.class_balance = 0.5
    config.space.name = "auto_deeplab_scenes"

    search = config.search
    search.epochs, search.batch_size, search.channels = 8, 16, 6
    search.weights.learning_rate = 0.05
    search.alphas.update(learning_rate=0.03, warmup_epochs=4)
    search.augment.update(crop_padding=4, flip=False)
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels = 40, 16, 12
    evaluate.update(learning_rate=0.1, auxiliary=False, drop_path=0.0)
    evaluate.augment.update(crop_padding=4, flip=False, cutout=0, scale=0.1)
    evaluate.test_every = 10
    return config
