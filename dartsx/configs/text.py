"""The recurrent cell of DARTS on the documentation of Python, at a size for two cores.

    dartsx run --config=text --workdir=runs/text

Settings of section 3.2 of arXiv:1806.09055 are those of ``configs/ptb.py``; here the network is smaller and every
sequence begins with a context instead of the state of the one before.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Search, derivation and retraining of a recurrent cell; `method` as in ``configs/cifar10.py``."""
    config = base(method)
    config.dataset.name = "python_docs"
    config.dataset.text.update(unit="tokens", vocabulary=2000, steps=20, context=20)
    config.space.name = "recurrent"

    search = config.search
    search.epochs, search.batch_size, search.channels = 8, 32, 64
    search.weights.update(learning_rate=2.0, learning_rate_min=0.1, momentum=0.0, weight_decay=5e-7, clip=0.25)
    search.alphas.update(learning_rate=3e-3, weight_decay=1e-3)
    search.dropout.update(words=0.05, embedding=0.1, inputs=0.25, states=0.1, output=0.3)
    search.temporal_activation = 1e-3
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels, evaluate.layers = 20, 32, 128, 1
    evaluate.update(learning_rate=4.0, learning_rate_min=0.2, momentum=0.0, weight_decay=8e-7, clip=0.25)
    evaluate.update(auxiliary=False, drop_path=0.0, temporal_activation=1e-3, average_from=15)
    evaluate.dropout.update(search.dropout)
    return config
