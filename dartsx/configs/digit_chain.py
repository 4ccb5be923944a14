"""Search a chain of inverted bottlenecks on handwritten digits: the example of a described space.

Command: ``dartsx run --config=digit_chain`` (search, evaluation of the chain and of NASNet-A,
report). Space: ``dartsx/spaces/digit_chain.py``.
Data: 1,797 grey images of 8x8 pixels, padded to 12x12, 1,438 of them for training; scikit-learn ships them.
Needs: a CPU.
Costs: 1 min 56 s on two cores, compilation included (search 24 s of steps).
Expect: a test error of 0.56% for the derived chain (21,322 parameters) with seed 0; one seed says little.
"""

from dartsx.configs.digits import get_config as digits


def get_config(method: str = ""):
    config = digits(method)
    config.space.name = "digit_chain"
    config.evaluate.learning_rate = 0.05
    return config
