"""Once-for-all on ImageNet (arXiv:1908.09791; github.com/mit-han-lab/once-for-all, train_ofa_net.py).

Command: ``dartsx search --config=ofa --config.dataset.stream=False --workdir=runs/ofa``
trains the largest network of the space ``ofa`` and shrinks it phase by phase; see ``dartsx/search/methods/ofa.py`` for
the phases and for what differs from the release. Batches of 2,048 as there on 32 GPUs, kernels with transformation
matrices, four resolutions. A search keeps its images in memory, so that ImageNet itself cannot be searched here.
Data: TFDS ``imagenet2012`` in ArrayRecord format, or a smaller dataset.
Needs: GPUs or TPUs.
Costs: not measured.
Expect: not measured. The paper: 76.0 % top-1 with 230M multiply-adds for a network of the trained supernet.
"""

from dartsx.configs.imagenet import get_config as imagenet


def get_config(method: str = "ofa"):
    config = imagenet(method or "ofa")
    config.genotype = ""
    config.space.name = "ofa"
    config.methods.ofa.resolutions = "128,160,192,224"

    search = config.search
    search.epochs = 605  # 180 for the largest network, 120 + 5, 25, 120 + 5, 25, 120 + 5
    search.batch_size = 2048
    search.train_fraction = 0.992  # all but 10,000 images
    search.sharing = "transformed"
    search.weights.learning_rate = 2.6
    search.weights.learning_rate_min = 0.0
    search.weights.weight_decay = 3e-5

    evaluate = config.evaluate
    evaluate.network = "described"
    evaluate.auxiliary = False
    return config
