"""Measure the blocks of a space on the present device: a table of latencies that a search can use.

Command: ``dartsx latency --config.space.name=digit_chain --workdir=runs/latency``.
Data: none; inputs and weights are random numbers.
Needs: the device that the networks are to be fast on, with nothing else running.
Costs: about a second per block on a CPU; spaces have from 39 (digit_chain) to 7,584 (mobilenet_v3) of them.
Expect: a table whose sums predict 30 networks, or a sentence that it does not.
"""

from ml_collections import ConfigDict


def get_config(argument: str = ""):
    return ConfigDict(
        {
            "space": {"name": "digit_chain"},
            "image_size": 0,  # 0: the space's own
            "image_channels": 3,
            "classes": 0,  # 0: the space's own
            "batch_size": 1,  # images of a pass
            "dtype": "float32",  # of activations
            "samples": 50,  # of every block, each of at least 1 ms
            "statistic": "median",  # of them that counts; least: the shortest, for a machine that is not quiet
            "networks": 30,  # drawn, predicted and measured at the end; 0: none
            "seed": 0,  # for the draw
            "genotypes": (),  # measured besides: work directories of searches, files, published members
        }
    )
