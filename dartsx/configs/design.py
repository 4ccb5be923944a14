"""Compare spaces by the errors of networks that are drawn from them, trained on handwritten digits.

Command: ``dartsx design --spaces=anynet_digits_a,anynet_digits_d --budget=100 --workdir=runs/design``.
Data: 1,797 grey images of 8x8 pixels, padded to 12x12, 1,438 of them for training; scikit-learn ships them.
Needs: a CPU. What compiles is the supernet of each space, what trains the widest and deepest of its networks.
"""

from dartsx.configs.digits import get_config as digits


def get_config():
    config = digits()
    evaluate = config.evaluate
    evaluate.epochs = 10
    evaluate.batch_size = 128
    evaluate.learning_rate = 0.2
    evaluate.drop_path = 0.0  # supernets have none
    return config
