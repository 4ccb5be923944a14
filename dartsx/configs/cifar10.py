"""The CIFAR-10 experiment of DARTS (arXiv:1806.09055, sections 3.1 and 3.2).

Commands::

    dartsx search --config=cifar10 --workdir=runs/search
    dartsx evaluate --config=cifar10 --config.genotype=runs/search \
        --workdir=runs/network

Second order, as the original computes it: ``--config.hypergradient=finite_difference``.
Data: TFDS ``cifar10`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: a GPU or TPU for the whole; a trial on any machine with
``--config.search.channels=4 --config.search.layers=3 --config.search.max_steps=20``.
Costs: not measured. The paper: 1.5 GPU days (first order) and 4 (second order) for four searches.
Expect: not measured. The paper: test error 3.00 +- 0.14 % (first order) and 2.76 +- 0.09 % (second
order), 3.3M parameters.
"""

from dartsx.configs.base import base


def get_config(method: str = ""):
    return base(method)
