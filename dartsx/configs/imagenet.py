"""The ImageNet evaluation of DARTS (arXiv:1806.09055, section 3.3) of cells found on CIFAR-10.

Command::

    dartsx evaluate --config=imagenet --workdir=runs/imagenet

``--config.genotype=runs/search`` (or NASNet-A, ...) trains other cells than DARTS_V2. DARTS does
not search on ImageNet, and a search refuses streamed images. Each training image is cropped and
resized at random to 224 x 224 pixels, each test image to 256 on its shorter side, then its centre
is taken. ``--config.dataset.name=folder:PATH`` streams your own images, a folder per class.
Data: TFDS ``imagenet2012`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: GPUs or TPUs, and CPU cores that decode JPEG: ``--config.evaluate.host_workers``. A chunk of
``--config.evaluate.chunk_steps`` batches takes up to 193 MB; two lie on the devices, two on the host.
Costs: not measured.
Expect: not measured. The paper: test error 26.7 % (top-1), 4.7M parameters, 574M multiply-adds.
"""

from dartsx.configs.base import base


def get_config(method: str = ""):
    config = base(method)
    config.dataset.name = "imagenet2012"
    config.dataset.image_size = 224
    config.dataset.stream = True
    config.genotype = "DARTS_V2"

    evaluate = config.evaluate
    evaluate.network = "imagenet"
    evaluate.epochs = 250
    evaluate.batch_size = 128
    evaluate.channels = 48
    evaluate.layers = 14
    evaluate.learning_rate = 0.1
    evaluate.schedule = "exponential"
    evaluate.weight_decay = 3e-5
    evaluate.label_smoothing = 0.1
    evaluate.drop_path = 0.0
    evaluate.augment.crop_padding = 0  # the host crops and resizes instead
    evaluate.augment.cutout = 0
    evaluate.augment.jitter = True
    evaluate.chunk_steps = 10  # the host holds the images of so many steps
    return config
