"""Search a chain of inverted bottlenecks on CIFAR-10 under a latency of the very CPU that it runs on, for two cores.

Commands, with a target between the latencies that the first one shows::

    dartsx latency --config.space.name=cifar_chain --workdir=runs/latency
    dartsx run --config=cifar_chain --config.search.cost.table=runs/latency/latency.csv \
        --config.search.cost.target=0.05 --baseline=cifar_chain:MobileNetV2 --workdir=runs/bound

Space: ``dartsx/spaces/cifar_chain.py``. Method: ``proxyless``; its derived network keeps to the target.
Data: TFDS ``cifar10`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: a CPU.
Costs: 13 min of processor time for search, both trainings and report.
Expect: a network that takes 0.0348 ms on an AMD EPYC and errs by 37.07%, beside 0.0765 ms and 35.68% for MobileNetV2's
blocks, with seed 0; one seed says little.
"""

from dartsx.configs.base import base


def get_config(method: str = "proxyless"):
    config = base(method or "proxyless")
    config.space.name = "cifar_chain"

    search = config.search
    search.epochs = 3
    search.alphas.warmup_epochs = search.epochs * search.alphas.warmup_epochs // 50
    search.weights.learning_rate = 0.05
    search.alphas.learning_rate = 1e-2  # 1,170 steps
    search.diagnosis.every = 0
    search.cost.kind = "latency"
    search.cost.form = "above"
    search.cost.weight = 10.0
    search.cost.within = True

    evaluate = config.evaluate
    evaluate.epochs = 5
    evaluate.batch_size = 64
    evaluate.learning_rate = 0.05
    evaluate.auxiliary = False
    evaluate.test_every = 5
    evaluate.augment.cutout = 0
    return config
