"""NAS-FPN (arXiv:1904.07392) on COCO, with the settings of the paper as far as they apply.

    dartsx evaluate --config=nas_fpn --config.genotype=nas_fpn:NAS-FPN --workdir=runs/nas_fpn
    dartsx search --config=nas_fpn --config.space.name=nas_fpn --strategy=ppo --objective=retrain --asked=8000 \
        --options='batch=100; entropy=0.01' --at_once=100 --workdir=runs/search

As in the paper, a controller that PPO trains is rewarded with the average precision of short trainings on training
images that are held out. What differs: the paper's proxy task has a smaller backbone and smaller images
(``--config.evaluate.epochs=10 --config.dataset.image_size=512``), its final training begins with a backbone trained on
ImageNet, and ran on many TPUs; none of its average precisions has been reproduced here. All images lie in memory: COCO
at 640 pixels takes 140 GB.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Training of a pyramid on ResNet-50 from scratch, for 50 epochs; `method` as in ``cifar10``."""
    config = base(method)
    config.dataset.name, config.dataset.image_size = "boxes:coco/2017", 640
    config.space.name = "nas_fpn"
    config.search.channels, config.search.layers, config.search.train_fraction = 256, 7, 0.94
    config.search.batch_size = 64
    config.search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels, evaluate.layers = 50, 64, 256, 7
    evaluate.update(learning_rate=0.08, weight_decay=1e-4, clip=10.0, auxiliary=False, drop_path=0.0, test_every=10)
    evaluate.warmup_epochs = 1
    evaluate.augment.update(crop_padding=0, flip=True, cutout=0, scale=0.2)
    return config
