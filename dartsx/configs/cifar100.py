"""The CIFAR-10 experiment of DARTS, settings unchanged, on CIFAR-100 (not part of the paper).

Commands::

    dartsx search --config=cifar100 --workdir=runs/search
    dartsx evaluate --config=cifar100 --config.genotype=runs/search \
        --workdir=runs/network

Data: TFDS ``cifar100`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: a GPU or TPU.
Costs: not measured.
Expect: not measured.
"""

from dartsx.configs.base import base


def get_config(method: str = ""):
    config = base(method)
    config.dataset.name = "cifar100"
    return config
