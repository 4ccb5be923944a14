"""The benchmark of methods in NAS-Bench-201 at a size for two CPU cores.

Commands::

    python -m benchmarks.small_cifar data cifar-small.npz 8
    dartsx benchmark --config=nb201_small --methods=all --seeds=0:3 --workdir=runs/benchmark

5,000 images of 8x8 pixels, 4 channels, three cells in each of the network's three stages, 20 epochs of 39 steps.
P-DARTS has three searches of 6 epochs, the later ones with two and four cells more in each stage. In place of 19,500
steps the alphas have 780, so that their learning rate is 30 times the method's own: enough for DARTS to end at skip
connections in some searches. Epochs without alphas keep their share of the search.
Data: ``cifar-small.npz``, made by the first command.
Needs: a CPU.
Costs: see ``benchmarks/results/``.
Expect: see ``benchmarks/results/``. What it derives shows how the command works and how searches fail; means of three
searches at this size do not rank methods.
"""

from dartsx.configs.nb201 import get_config as full_size

EPOCHS = 20


def get_config(method: str = ""):
    config = full_size(method)
    config.dataset.name = "cifar-small.npz"

    search = config.search
    epochs = EPOCHS // 3 if "p_darts" in config.method.split("+") else EPOCHS
    search.alphas.warmup_epochs = epochs * search.alphas.warmup_epochs // search.epochs
    search.epochs = epochs
    search.batch_size = 64
    search.channels = 4
    search.layers = 3
    search.alphas.learning_rate *= 30
    search.augment.crop_padding = 1
    search.checkpoint_every = 10
    search.diagnosis.every = 0  # compiling its programs would be a large part of so short a search

    config.methods.p_darts.extra_layers_second = 2
    config.methods.p_darts.extra_layers_third = 4
    config.methods.p_darts.keep_second = 4  # of five candidates
    config.methods.darts_pt.tune_epochs = 1
    return config
