"""The config as frozen dataclasses: every field with its type and bounds, under the config's names.

Defaults stand in ``configs/base.py`` alone. A field of type ``int | None`` or ``str | None`` reads
the config's 0 or empty string as None.
"""

import dataclasses

from dartsx.catalog import (
    COST_FORMS,
    COST_KINDS,
    DTYPES,
    GROUPED_FORMS,
    HYPERGRADIENTS,
    LATENCY,
    LAYOUTS,
    NETWORK_REMAT,
    NETWORKS,
    PRECISIONS,
    REMAT,
    SCHEDULES,
    SEPARABLE_FORMS,
    SHARING,
    TEXT_UNITS,
    UPSCALES,
    AugmentPolicy,
)
from dartsx.catalog.rules import (
    above_zero,
    at_least,
    below_one,
    between,
    each,
    not_empty,
    one_of,
    share,
    where,
)
from dartsx.experiments.settings.methods import MethodOptions, methods, read_options
from dartsx.experiments.settings.read import read_by

MAX_SEED = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class TextSettings:
    """How a text becomes examples, as in ``dartsx.data.text.load_text``."""

    unit: str = where(one_of(*TEXT_UNITS))
    vocabulary: int = where(at_least(3))
    steps: int = where(at_least(1))
    context: int = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class ScenesSettings:
    """Which scenes of digits, as in ``dartsx.data.scenes.load_scenes``."""

    size: int = where(at_least(32))
    train: int = where(at_least(1))
    test: int = where(at_least(1))
    digits: int = where(at_least(1))
    seed: int = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class DatasetSettings:
    """Which images, as in ``dartsx.data.load_dataset``, and whether they are read while training; or what else.

    With ``upscale`` images are made from copies that are so many times smaller; None for other tasks. Pixels weigh in
    the loss by their classes as ``class_balance`` says, see ``dartsx.data.dense.DenseDataset``.
    """

    name: str = where(not_empty())
    data_dir: str | None
    image_size: int | None = where(at_least(0))
    stream: bool
    class_balance: float = where(between(0, 1))
    upscale: int | None = where(one_of(0, *UPSCALES))
    text: TextSettings
    scenes: ScenesSettings


@dataclasses.dataclass(frozen=True)
class SpaceSettings:
    """Name of a space, or ``module:attribute``; for ``darts`` the arguments of ``dartsx.spaces.CellSpace``."""

    name: str
    primitives: tuple[str, ...]
    nodes: int
    edges_kept: int


@dataclasses.dataclass(frozen=True)
class EvaluateAugment(AugmentPolicy):
    """Streamed images can have their colours changed too, as in DARTS's ImageNet experiment."""

    jitter: bool = False


@dataclasses.dataclass(frozen=True)
class WeightOptimizer:
    """SGD: momentum, L2 weight decay, clipped gradient norm, cosine schedule per epoch."""

    learning_rate: float = where(above_zero())
    learning_rate_min: float = where(at_least(0))
    momentum: float = where(below_one())
    weight_decay: float = where(at_least(0))
    clip: float = where(above_zero())


@dataclasses.dataclass(frozen=True)
class AlphaOptimizer:
    """Adam with L2 weight decay; normal initial values with standard deviation ``init_scale``."""

    learning_rate: float = where(above_zero())
    beta1: float = where(below_one())
    beta2: float = where(below_one())
    weight_decay: float = where(at_least(0))
    init_scale: float = where(at_least(0))
    warmup_epochs: int = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """Epochs between two diagnoses of a search, None for never, and Hessian-vector products of each."""

    every: int | None = where(at_least(0))
    iterations: int = where(at_least(1))


@dataclasses.dataclass(frozen=True)
class CostBound:
    """What the expected cost of the alphas' networks makes of their loss, see ``dartsx/cost/forms.py``.

    ``kind`` None for nothing; ``target`` in units of the cost; ``channels`` and ``layers`` of the network that is
    counted, None for those of the supernet; ``table`` of a device's latencies for that kind, each
    of a pass of ``batch_size`` images. ``within``: derived networks keep to the target.
    """

    kind: str | None = where(one_of("", *COST_KINDS, LATENCY))
    form: str = where(one_of(*COST_FORMS))
    weight: float = where(at_least(0))
    power: float = where(above_zero())
    target: float = where(at_least(0))
    channels: int | None = where(at_least(0))
    layers: int | None = where(at_least(0))
    table: str | None
    batch_size: int = where(at_least(1))
    within: bool


@dataclasses.dataclass(frozen=True)
class DropoutSettings:
    """What the training of a recurrent network drops, see ``dartsx.nn.Dropout``."""

    words: float = where(below_one())
    embedding: float = where(below_one())
    inputs: float = where(below_one())
    states: float = where(below_one())
    output: float = where(below_one())


@dataclasses.dataclass(frozen=True)
class SearchGroup:
    """The supernet and how it is searched; ``checkpoint_every`` in epochs. Which supernets read a field: `readers`."""

    epochs: int = where(at_least(1))
    batch_size: int = where(at_least(1))
    channels: int = where(at_least(1))
    layers: int = where(at_least(1))
    stem_multiplier: int = where(at_least(1))
    train_fraction: float = where(share())
    form: str | None = where(one_of("", *SEPARABLE_FORMS))
    remat: str | None = where(one_of("", *REMAT))
    layout: str | None = where(one_of("", *LAYOUTS))
    sharing: str = where(one_of(*SHARING))
    chunk_steps: int = where(at_least(1))
    checkpoint_every: int = where(at_least(1))
    keep_checkpoints: int = where(at_least(2))
    max_steps: int | None = where(at_least(0))
    weights: WeightOptimizer
    alphas: AlphaOptimizer
    dropout: DropoutSettings
    temporal_activation: float = where(at_least(0))
    augment: AugmentPolicy
    diagnosis: Diagnosis
    cost: CostBound


@dataclasses.dataclass(frozen=True)
class MemberAlphas:
    """Fields of `AlphaOptimizer` that the members of a population may have each their own of."""

    learning_rate: tuple[float, ...] = where(each(above_zero()))
    weight_decay: tuple[float, ...] = where(each(at_least(0)))


@dataclasses.dataclass(frozen=True)
class Members:
    """Values by member, under the names of the fields of ``search`` that they replace; ``()`` for none.

    A field can stand here if the search step only computes with it: it is traced (see `jobs.population`).
    """

    alphas: MemberAlphas


@dataclasses.dataclass(frozen=True)
class EvaluateGroup:
    """How a network is trained; ``decay`` is of the exponential schedule.

    With ``initial_weights``, a file of `dartsx.nn.pytorch_files.read_state`, it may be trained for no epoch at all.

    ``network``, ``channels``, ``layers`` and ``auxiliary`` shape the network of a genotype; one that has a name
    (``config.network``) is what its paper says, whatever they are. Without ``network`` the architecture decides: two
    kinds of cell are trained in ``cifar``. In ``nb201`` the layers are the cells of each of three stages, and a
    ``described`` network uses of these what its description asks for. Which networks read a field: `readers`.
    """

    network: str | None = where(one_of("", *NETWORKS))
    epochs: int = where(at_least(0))
    initial_weights: str | None
    batch_size: int = where(at_least(1))
    channels: int = where(at_least(1))
    layers: int = where(at_least(1))
    auxiliary: bool
    auxiliary_weight: float = where(at_least(0))
    drop_path: float = where(below_one())
    dropout: DropoutSettings
    temporal_activation: float = where(at_least(0))
    average_from: int | None = where(at_least(0))
    label_smoothing: float = where(below_one())
    form: str | None = where(one_of("", *dict.fromkeys((*SEPARABLE_FORMS, *GROUPED_FORMS))))
    remat: str | None = where(one_of("", *NETWORK_REMAT))
    chunk_steps: int = where(at_least(1))
    checkpoint_every: int = where(at_least(1))
    keep_checkpoints: int = where(at_least(2))
    max_steps: int | None = where(at_least(0))
    learning_rate: float = where(above_zero())
    learning_rate_min: float = where(at_least(0))
    momentum: float = where(below_one())
    weight_decay: float = where(at_least(0))
    clip: float = where(above_zero())
    schedule: str = where(one_of(*SCHEDULES))
    decay: float = where(share())
    warmup_epochs: int = where(at_least(0))
    augment: EvaluateAugment
    test_every: int = where(at_least(1))
    host_workers: int = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class Config:
    """The whole config."""

    seed: int = where(between(0, MAX_SEED))
    dtype: str = where(one_of(*DTYPES))
    precision: str = where(one_of(*PRECISIONS))
    mesh: int | None = where(at_least(0))
    population: int = where(at_least(1))
    population_chunk: int | None = where(at_least(0))
    members: Members
    method: str = where(methods())
    hypergradient: str = where(one_of(*HYPERGRADIENTS))
    hypergradient_terms: int | None = where(at_least(0))
    genotype: str | None
    network: str | None
    compilation_cache: str
    dataset: DatasetSettings
    space: SpaceSettings
    search: SearchGroup
    methods: MethodOptions = read_by(read_options)
    evaluate: EvaluateGroup
