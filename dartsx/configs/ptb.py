"""The recurrent cell of DARTS on Penn Treebank, with the settings of its paper and its released code.

Command: ``dartsx run --config=ptb --config.dataset.name=text:FOLDER``, with a folder that
holds ptb.train.txt and ptb.test.txt (Mikolov's version, 10,000 words), which cannot be shipped.
Source: arXiv:1806.09055, section 3.2 and appendix A.2; github.com/quark0/darts, rnn/train_search.py and rnn/train.py.
Needs: a GPU.
Expect: the paper's derived cells have a test perplexity of 57.6 (first order) and 55.7 (second order) after 8,000
epochs; this config trains for 1,600. Not run here.
"""

from ml_collections import ConfigDict

from dartsx.configs.base import base


def get_config(method: str = "") -> ConfigDict:
    """Settings of the paper; what differs from it says docs/text.md."""
    config = base(method)
    config.dataset.name = "text:ptb"
    config.dataset.text.update(unit="words", vocabulary=10_000, steps=35, context=35)
    config.space.name = "recurrent"

    search = config.search
    search.epochs, search.batch_size, search.channels = 50, 256, 300
    search.weights.update(learning_rate=20.0, learning_rate_min=20.0, momentum=0.0, weight_decay=5e-7, clip=0.25)
    search.alphas.update(learning_rate=3e-3, weight_decay=1e-3, beta1=0.9, beta2=0.999)
    search.dropout.update(words=0.0, embedding=0.2, inputs=0.75, states=0.25, output=0.75)
    search.temporal_activation = 1e-3
    search.diagnosis.every = 0

    evaluate = config.evaluate
    evaluate.epochs, evaluate.batch_size, evaluate.channels, evaluate.layers = 1600, 64, 850, 1
    evaluate.update(learning_rate=20.0, learning_rate_min=20.0, momentum=0.0, weight_decay=8e-7, clip=0.25)
    evaluate.update(auxiliary=False, drop_path=0.0, average_from=100)
    evaluate.dropout.update(words=0.1, embedding=0.2, inputs=0.75, states=0.25, output=0.75)
    evaluate.temporal_activation = 1e-3
    return config
