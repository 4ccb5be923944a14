"""TuNAS on ImageNet (arXiv:2008.06120; github.com/google-research/google-research/tree/master/tunas).

Command: ``dartsx search --config=tunas --config.dataset.stream=False --config.search.cost.kind=latency
--config.search.cost.table=TABLE --workdir=runs/tunas`` with a table of ``dartsx latency``; without a cost accuracy
alone counts. A search keeps its images in memory, so that ImageNet itself cannot be searched here.
Settings are those of the released search: 90 epochs with batches of 4,096, alphas that rest for the first quarter, a
target of 84 ms (on a Pixel 1) and the space ``tunas_proxyless`` (``tunas``, ``mobilenet_v3`` with 57 ms: its larger
ones). Not as in the release: see ``dartsx/search/methods/tunas.py``; SGD in place of RMSProp, so that the learning rate
of the weights is that of ``configs/proxyless.py`` per 256 images.
Data: TFDS ``imagenet2012`` in ArrayRecord format, or a smaller dataset.
Needs: GPUs or TPUs.
Costs: not measured.
Expect: not measured.
"""

from dartsx.configs.imagenet import get_config as imagenet


def get_config(method: str = "tunas"):
    config = imagenet(method or "tunas")
    config.genotype = ""
    config.space.name = "tunas_proxyless"

    search = config.search
    search.epochs = 90
    search.batch_size = 4096
    search.weights.learning_rate = 0.4  # 0.025 for 256 images
    search.weights.learning_rate_min = 0.0
    search.weights.weight_decay = 4e-5
    search.alphas.learning_rate = 4.8e-3  # 3e-4 for 256 images
    search.alphas.warmup_epochs = 22
    search.cost.target = 84.0

    evaluate = config.evaluate
    evaluate.network = "described"
    evaluate.auxiliary = False
    evaluate.epochs = 360
    evaluate.weight_decay = 4e-5
    return config
