"""FBNet on ImageNet (arXiv:1812.03443, section 4.1).

Command: ``dartsx search --config=fbnet --config.dataset.name=folder:PATH --config.dataset.stream=False
--config.search.cost.kind=latency --config.search.cost.table=TABLE --workdir=runs/fbnet`` with a table of
``dartsx latency``; a search keeps its images in memory.
Search: 90 epochs with batches of 192 on 100 of the classes, of which 80 % train the weights; alphas rest for 10 epochs;
the temperature falls from 5 by exp(-0.045) an epoch; the loss is 0.2 log(LAT)^0.6 times the cross entropy. Networks are
trained for 360 epochs.
Method: ``snas`` with two levels, soft samples by Gumbel noise whose alphas learn from the other 20 %. Not as in the
paper: the two kinds of steps alternate step by step, not epoch by epoch; the learning rate of the training falls along
a cosine, not at epochs 90, 180 and 270.
Data: a folder of 100 classes.
Needs: GPUs or TPUs.
Costs: not measured.
Expect: not measured. The paper: FBNet-B 74.1 % top-1 with 295M multiply-adds.
"""

import math

from dartsx.configs.imagenet import get_config as imagenet


def get_config(method: str = "snas"):
    config = imagenet(method or "snas")
    config.genotype = ""
    config.space.name = "fbnet"

    search = config.search
    search.epochs = 90
    search.batch_size = 192
    search.train_fraction = 0.8
    search.weights.learning_rate = 0.1
    search.weights.learning_rate_min = 0.0
    search.weights.weight_decay = 1e-4
    search.alphas.learning_rate = 0.01
    search.alphas.weight_decay = 5e-4
    search.alphas.warmup_epochs = 10
    search.cost.form = "log_power"
    search.cost.weight = 0.2
    search.cost.power = 0.6
    search.cost.target = 25.0  # plays no part in this form
    config.methods.snas.levels = 2
    config.methods.snas.temperature_start = 5.0
    config.methods.snas.temperature_end = 5.0 * math.exp(-0.045 * 90)

    evaluate = config.evaluate
    evaluate.network = "described"
    evaluate.auxiliary = False
    evaluate.epochs = 360
    evaluate.batch_size = 256
    evaluate.learning_rate = 0.1
    evaluate.schedule = "cosine"
    evaluate.weight_decay = 4e-5
    return config
