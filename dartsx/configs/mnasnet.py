"""MnasNet on ImageNet (arXiv:1807.11626, section 5): the training of its networks.

Command: ``dartsx evaluate --config=mnasnet --workdir=runs/mnasnet``
trains MnasNet-A1; ``--config.network= --config.genotype=FILE`` an architecture of the space ``mnasnet``. The paper
searches by a controller trained with PPO (`dartsx.strategies`, ``ppo``) that draws 8,000 architectures, trains each for
5 epochs (``--config.evaluate.epochs=5``) and is told ACC * (LAT / target)^-0.07 (`dartsx.cost.forms.mnasnet_soft`).
Not as in the paper: SGD in place of RMSProp, colours jitter as in ``configs/imagenet.py``.
Data: TFDS ``imagenet2012`` in ArrayRecord format, ``--config.dataset.data_dir`` for another folder.
Needs: GPUs or TPUs.
Costs: not measured.
Expect: not measured. The paper: MnasNet-A1 75.2 % top-1 with 312M multiply-adds.
"""

from dartsx.configs.imagenet import get_config as imagenet


def get_config(method: str = ""):
    config = imagenet(method)
    config.space.name = "mnasnet"
    config.network = "mnasnet_a1"
    config.genotype = ""

    evaluate = config.evaluate
    evaluate.network = "described"
    evaluate.auxiliary = False
    evaluate.epochs = 350  # the paper does not say
    evaluate.batch_size = 4096
    evaluate.learning_rate = 0.256
    evaluate.schedule = "exponential"
    evaluate.decay = 0.97 ** (1 / 2.4)  # 0.97 every 2.4 epochs
    evaluate.warmup_epochs = 5
    evaluate.weight_decay = 1e-5
    return config
