"""Search, derive and retrain on handwritten digits: the default, to see everything once.

Command: ``dartsx run`` (search, evaluation of its cells and of NASNet-A, report).
Data: 1,797 grey images of 8x8 pixels, padded to 12x12, 1,438 of them for training; scikit-learn ships them.
Needs: a CPU.
Costs: 2 min 20 s on two cores, compilation included (search 29 s of steps).
Expect: test errors of 0.00, 1.11 and 1.11% for the derived cells (44,050 to 55,250 parameters) and 0.56, 0.84 and 1.11%
for NASNet-A (69,682) with seeds 0, 1 and 2; figures of one seed move with the machine.
"""

from dartsx.configs.base import base


def get_config(method: str = ""):
    config = base(method)
    config.dataset.name = "digits"

    search = config.search
    search.alphas.warmup_epochs = 20 * search.alphas.warmup_epochs // search.epochs
    search.epochs = 20
    search.batch_size = 32
    search.channels = 4
    search.layers = 3
    search.chunk_steps = 22
    search.alphas.learning_rate = 1e-2  # 440 steps instead of 19,500
    search.augment.crop_padding = 1
    search.augment.flip = False  # a mirrored digit is no digit
    search.diagnosis.every = 0  # compiling its programs would be a large part of so short a search

    evaluate = config.evaluate
    evaluate.epochs = 20
    evaluate.batch_size = 32
    evaluate.channels = 8
    evaluate.layers = 6
    evaluate.test_every = 5
    evaluate.auxiliary = False  # its head needs larger images
    evaluate.drop_path = 0.1
    evaluate.chunk_steps = 44
    evaluate.augment.crop_padding = 1
    evaluate.augment.flip = False
    evaluate.augment.cutout = 0
    return config
