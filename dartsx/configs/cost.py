"""What networks cost: parameters, multiply-adds, activations, peak memory.

Command: ``dartsx cost --config.network=imagenet --config.genotype=NASNet-A``.
Needs: nothing but the genotype.
Costs: seconds.
Expect: DARTS_V2 has 3,349,342 parameters and 528,359,040 multiply-adds as the cifar network.
"""

from ml_collections import ConfigDict


def get_config():
    return ConfigDict(
        {
            # cifar: C=36, 20 cells; imagenet: C=48, 14 cells; supernet: C=16, 8 cells; nb201 (of a topology): C=16,
            # three stages of 5 cells; or a name of dartsx.networks.
            # Several, separated by commas, are compared; cifar:NASNet-A names its genotype itself.
            "network": "cifar",
            "space": {"name": ""},  # or the network of this space's architecture, such as s2 or my_module:my_space
            "genotype": "DARTS_V2",  # a name, a text, a file or a search's work directory
            "image_size": 0,  # 0: each network's own
        }
    )
