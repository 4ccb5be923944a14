"""ProxylessNAS on ImageNet (arXiv:1812.00332): settings of its released search and of the training of its networks.

Command::

    dartsx evaluate --config=proxyless --workdir=runs/proxyless

trains ProxylessNAS-Mobile; ``--config.space.name=proxyless_gpu --config.genotype=ProxylessNAS-GPU`` (or _cpu, -CPU)
another one. The search fields are those of the release (backbone ``proxyless_search``, 40 epochs of warm-up, then 120),
but a search keeps its images in memory, so that ImageNet itself cannot be searched here: give a smaller dataset,
``--config.dataset.stream=False`` and ``--config.space.name=proxyless_search``.
Not as in the release: momentum is not Nesterov's, batch norms decay, colours jitter as in ``configs/imagenet.py``.
Data: TFDS ``imagenet2012`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: GPUs or TPUs.
Costs: not measured.
Expect: not measured. The paper: ProxylessNAS-Mobile 25.4 % top-1 error with 320M multiply-adds.
"""

from dartsx.configs.imagenet import get_config as imagenet


def get_config(method: str = "proxyless"):
    config = imagenet(method or "proxyless")
    config.space.name = "proxyless"
    config.genotype = "ProxylessNAS-Mobile"

    search = config.search
    search.epochs = 160
    search.batch_size = 256
    search.weights.learning_rate = 0.025
    search.weights.learning_rate_min = 0.0
    search.weights.weight_decay = 4e-5
    search.alphas.warmup_epochs = 40

    evaluate = config.evaluate
    evaluate.network = "described"
    evaluate.auxiliary = False
    evaluate.epochs = 300
    evaluate.batch_size = 256
    evaluate.learning_rate = 0.05
    evaluate.schedule = "cosine"
    evaluate.weight_decay = 4e-5
    evaluate.label_smoothing = 0.1
    return config
