"""What a network costs: parameters and multiply-adds.

Command: ``python -m experiments.cost --config.network=imagenet --config.genotype=NASNet-A``.
Needs: nothing but the genotype.
Costs: seconds.
Expect: DARTS_V2 has 3,349,342 parameters and 528,359,040 multiply-adds as the cifar network.
"""

from ml_collections import ConfigDict


def get_config():
    return ConfigDict(
        {
            "network": "cifar",  # C=36, 20 cells; imagenet: C=48, 14 cells; supernet: C=16, 8 cells
            "genotype": "DARTS_V2",  # a name, a text, a file or a search's work directory
            "image_size": 0,  # 0: 32, for imagenet 224
        }
    )
