"""The recurrent cell of DARTS on Penn Treebank, with the settings of its paper and its released code.

Command: ``dartsx run --config=ptb --config.dataset.name=text:FOLDER``, with a folder that
holds ptb.train.txt and ptb.test.txt (Mikolov's version, 10,000 words), which cannot be shipped.
Source: arXiv:1806.09055, section 3.2 and appendix A.2; github.com/quark0/darts, rnn/train_search.py and rnn/train.py.
Needs: a GPU.
Expect: the paper's derived cells have a test perplexity of 57.6 (first order) and 55.7 (second order) after 8,000
epochs; this config trains for 1,600. Not run here.
"""

from ml_collections import ConfigDict

from dartsx.configs.text import get_config as text


def get_config(method: str = "") -> ConfigDict:
    """That of ``configs/text.py`` with the settings of the paper; docs/text.md says what differs from it."""
    config = text(method)
    config.dataset.name = "text:ptb"
    config.dataset.text.update(unit="words", vocabulary=10_000, steps=35, context=35)
    dropped = {"embedding": 0.2, "inputs": 0.75, "states": 0.25, "output": 0.75}

    config.search.update(epochs=50, batch_size=256, channels=300)
    config.search.weights.update(learning_rate=20.0, learning_rate_min=20.0)
    config.search.alphas.update(beta1=0.9, beta2=0.999)
    config.search.dropout.update(words=0.0, **dropped)

    config.evaluate.update(epochs=1600, batch_size=64, channels=850, average_from=100)
    config.evaluate.update(learning_rate=20.0, learning_rate_min=20.0)
    config.evaluate.dropout.update(words=0.1, **dropped)
    return config
