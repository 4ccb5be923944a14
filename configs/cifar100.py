"""The CIFAR-10 experiment of DARTS, settings unchanged, on CIFAR-100 (not part of the paper).

Commands::

    python -m experiments.search --config=configs/cifar100.py --workdir=runs/search
    python -m experiments.evaluate --config=configs/cifar100.py --config.genotype=runs/search \
        --workdir=runs/network

Data: TFDS ``cifar100`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: a GPU or TPU.
Costs: not measured.
Expect: not measured.
"""

from configs.base import base


def get_config(method: str = ""):
    config = base(method)
    config.dataset.name = "cifar100"
    return config
