"""Search in NAS-Bench-201 (arXiv:2001.00326) on CIFAR-10, and the benchmark of methods in it.

Commands::

    dartsx search --config=nb201 --workdir=runs/nb201
    dartsx evaluate --config=nb201 --config.genotype=runs/nb201 --workdir=runs/nb201_network
    dartsx benchmark --methods=darts --seeds=0:3 --workdir=runs/benchmark

The supernet is that of the benchmark's authors: 16 channels, three stages of 5 cells, cells' batch norms without scale
and bias. Optimisers as in their DARTS runs (weights: SGD 0.025 to 0.001, momentum 0.9, 5e-4; alphas: Adam 3e-4, betas
0.5 and 0.999, 1e-3), 50 epochs, batches of 64. The derived cell is trained as the table's were: 200 epochs, batches of
256, SGD 0.1 to 0 by a cosine, momentum 0.9, 5e-4; theirs was Nesterov's momentum, without clipping.
Data: as ``configs/cifar10.py``; the table of NAS-Bench-201 ships with dartsx.
Needs: a GPU for the whole; on a CPU see ``benchmarks/results/``.
Costs: not measured at full size.
Expect: not measured at full size. The paper: DARTS ends at 54.30 +- 0.00 % (all skip connections); best is 94.37 %.
"""

from dartsx.configs.base import base


def get_config(method: str = ""):
    config = base(method)
    config.space.name = "nb201"
    config.space.primitives = base().space.primitives  # what a method leaves out is of the space darts alone
    config.search.layers = 5
    config.search.weights.weight_decay = 5e-4

    evaluate = config.evaluate
    evaluate.network = "nb201"
    evaluate.epochs = 200
    evaluate.batch_size = 256
    evaluate.channels = 16
    evaluate.layers = 5
    evaluate.auxiliary = False
    evaluate.drop_path = 0.0
    evaluate.learning_rate = 0.1
    evaluate.weight_decay = 5e-4
    evaluate.augment.cutout = 0
    return config
