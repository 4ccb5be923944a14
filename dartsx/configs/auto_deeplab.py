"""Auto-DeepLab (arXiv:1901.02985, section 4.1) on a folder of images and masks such as Cityscapes.

Command: ``dartsx search --config=auto_deeplab --config.dataset.name=masks:PATH --workdir=runs/auto_deeplab``
Search: 40 epochs of batches of 2 on half of the images, the other half trains alphas and betas from epoch 20 on; eight
channels at level 0. Networks are then trained with 20.
Not as in the paper: images are resized to 512x512, not cropped to 321 of 512x1024; the loss of the training is not
restricted to hard pixels; the training's length is a guess, as the paper counts 1.5 million steps on eight GPUs.
Needs: GPUs or TPUs; the supernet computes 96 cells, each of 80 operations and more.
Costs: not measured. The paper: 3 days on a P100.
Expect: not measured. The paper: 79.7 % mIoU on Cityscapes' validation images (size S).
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Search and training; `method` as in ``cifar10``."""
    config = base(method)
    config.dataset.name = "masks:cityscapes"
    config.dataset.image_size = 512
    config.space.name = "auto_deeplab"

    search = config.search
    search.epochs, search.batch_size, search.channels = 40, 2, 8
    search.weights.update(learning_rate=0.025, learning_rate_min=0.001, momentum=0.9, weight_decay=3e-4)
    search.alphas.update(learning_rate=3e-3, weight_decay=1e-3, warmup_epochs=20)
    search.augment.update(crop_padding=64, flip=True)
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels = 1000, 16, 20
    evaluate.update(learning_rate=0.05, weight_decay=4e-5, auxiliary=False, drop_path=0.2)
    evaluate.augment.update(crop_padding=64, flip=True, cutout=0, scale=0.5)
    evaluate.test_every = 50
    return config
