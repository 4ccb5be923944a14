"""The settings of a search and of an evaluation: typed, validated, frozen."""

import dataclasses
from collections.abc import Mapping

from ml_collections import ConfigDict

from dartsx.catalog import DESCRIBED, RECURRENT, candidates
from dartsx.experiments.settings.combinations import (
    check_evaluate,
    check_evaluated,
    check_in_memory,
    check_search,
    check_searched,
    check_stream,
    check_upscale,
    network_for,
)
from dartsx.experiments.settings.errors import SettingsError, blame, wrong
from dartsx.experiments.settings.groups import (
    Config,
    DatasetSettings,
    EvaluateGroup,
    SearchGroup,
    SpaceSettings,
)
from dartsx.experiments.settings.methods import MethodOptions, check_alone, check_method, check_partial
from dartsx.experiments.settings.population import check_population, varied
from dartsx.experiments.settings.read import read_group
from dartsx.networks import LANGUAGE_MODELS, canonical_name
from dartsx.networks.recurrent import ACTIVATIONS
from dartsx.spaces import (
    PRIMITIVES,
    Architecture,
    CellSpace,
    GenotypeError,
    Space,
    SpaceError,
    named_space,
    own_primitives,
    resolve_genotype,
)


@dataclasses.dataclass(frozen=True)
class SearchSettings:
    """All a search needs; ``settings.search.epochs`` is ``--config.search.epochs`` and so on.

    Attributes:
      seed: seed of all that is random.
      dtype: dtype of activations, ``"float32"`` or ``"bfloat16"``.
      precision: precision of float32 products, one of ``dartsx.catalog.PRECISIONS``.
      mesh: number of devices, None for all.
      compilation_cache: for ``dartsx.runtime.enable_compilation_cache``: a folder, None for the
        default one, ``""`` for none.
      population: number of searches at once, with seed, seed + 1, ...
      population_chunk: members of one vmapped call, None for all that a device has.
      varied: fields under ``search`` of which every member has its own, such as ``"alphas.learning_rate"``.
      method: name of the search method, or several joined by ``"+"``.
      method_options: method -> option -> value.
      hypergradient: a name of ``dartsx.search.HYPERGRADIENTS``.
      hypergradient_terms: number of terms of a hypergradient that has terms; None for its default.
      dataset: which images.
      space: the space that is searched.
      search: the supernet and its training.
    """

    seed: int
    dtype: str
    precision: str
    mesh: int | None
    compilation_cache: str | None
    population: int
    population_chunk: int | None
    varied: Mapping[str, tuple[float, ...]]
    method: str
    method_options: MethodOptions
    hypergradient: str
    hypergradient_terms: int | None
    dataset: DatasetSettings
    space: Space
    search: SearchGroup


@dataclasses.dataclass(frozen=True)
class EvaluateSettings:
    """All an evaluation needs; ``settings.evaluate.epochs`` is ``--config.evaluate.epochs``.

    Attributes:
      seed: seed of all that is random.
      dtype: dtype of activations, ``"float32"`` or ``"bfloat16"``.
      precision: precision of float32 products, one of ``dartsx.catalog.PRECISIONS``.
      mesh: number of devices, None for all.
      compilation_cache: see `SearchSettings`.
      network: name of the network to train, or None for that of a genotype's cells.
      genotype: the cells or the topology to train; None with `network`, or if it was left out and may be.
      genotype_label: published name, path or ``"given text"``; ``""`` without genotype.
      dataset: which images.
      space: the space of the genotype where only that can write its network: choices, and primitives of a user's own.
      evaluate: the network and its training.
    """

    seed: int
    dtype: str
    precision: str
    mesh: int | None
    compilation_cache: str | None
    network: str | None
    genotype: Architecture | None
    genotype_label: str
    dataset: DatasetSettings
    space: Space | None
    evaluate: EvaluateGroup

    @property
    def label(self) -> str:
        """What is trained, for titles."""
        return self.network or self.genotype_label


def search_settings(config: ConfigDict) -> SearchSettings:
    """Validate a config and return what a search needs of it.

    Raises:
      SettingsError: naming the field, its value and what is allowed.
    """
    read = read_group(Config, config)
    check_search(read.search)
    check_method(read.method, read.hypergradient, read.hypergradient_terms)
    check_partial(read.method, read.methods, read.search.remat)
    check_in_memory(read.dataset)
    check_upscale(read.dataset)
    check_population(read)
    check_alone(read.method, read.population)
    space = _space(read.space, read.method)
    check_searched(read, space.executor)
    return SearchSettings(
        seed=read.seed,
        dtype=read.dtype,
        precision=read.precision,
        mesh=read.mesh,
        compilation_cache=_cache(read.compilation_cache),
        population=read.population,
        population_chunk=read.population_chunk,
        varied=varied(read.members),
        method=read.method,
        method_options=read.methods,
        hypergradient=read.hypergradient,
        hypergradient_terms=read.hypergradient_terms,
        dataset=read.dataset,
        space=space,
        search=read.search,
    )


def evaluate_settings(config: ConfigDict, *, need_genotype: bool = True) -> EvaluateSettings:
    """Validate a config and return what an evaluation needs of it.

    Args:
      config: a config of ``configs/``.
      need_genotype: whether ``config.genotype`` must be given where ``config.network`` is not; not where a search
        comes first.

    Raises:
      SettingsError: naming the field, its value and what is allowed.
    """
    read = read_group(Config, config)
    network, genotype, label, space, own = None, None, "", None, False
    if read.network is not None:
        with blame("network", config.network):
            network = canonical_name(read.network)
    elif read.genotype is not None or need_genotype:
        with blame("genotype", config.genotype, GenotypeError):
            genotype, label = resolve_genotype(config.genotype)
    evaluate = read.evaluate
    if network is None:
        chosen, own = _network_of(read, genotype)
        evaluate = dataclasses.replace(evaluate, network=chosen)
    if (own and genotype is not None) or evaluate.network == DESCRIBED or network in LANGUAGE_MODELS:
        space = _space(read.space, read.method)
        if genotype is not None:
            _check_member(space, genotype, config)
    check_evaluate(evaluate)
    check_upscale(read.dataset)
    check_evaluated(dataclasses.replace(read, network=network), evaluate.network, own)
    check_stream(read.dataset, evaluate)
    return EvaluateSettings(
        seed=read.seed,
        dtype=read.dtype,
        precision=read.precision,
        mesh=read.mesh,
        compilation_cache=_cache(read.compilation_cache),
        network=network,
        genotype=genotype,
        genotype_label=label,
        dataset=read.dataset,
        space=space,
        evaluate=evaluate,
    )


def _network_of(read: Config, genotype: Architecture | None) -> tuple[str, bool]:
    """The network of a genotype, and whether it has primitives that are none of the project's.

    Without a genotype, of one that a search of the space is to find: whether it may have such primitives.
    """
    if genotype is None:
        space = _space(read.space, read.method)
        return network_for(read.evaluate.network, space.executor), space.graph is not None and bool(space.graph.blocks)
    network = network_for(read.evaluate.network, genotype.executor)
    return network, bool(own_primitives(genotype, ACTIVATIONS if network == RECURRENT else PRIMITIVES))


def _check_member(space: Space, genotype: Architecture, config: ConfigDict) -> None:
    try:
        space.validate(genotype)
    except GenotypeError as error:
        problem = f"does not belong to --config.space.name={config.space.name}: {error}"
        raise wrong("genotype", config.genotype, problem) from None


def _cache(given: str) -> str | None:
    return None if given == "default" else given


def _space(given: SpaceSettings, method: str) -> Space:
    if given.name == "darts":
        return _cell_space(given)
    default = CellSpace()
    primitives = default.primitives, candidates(default.primitives, method)  # the latter is what configs set
    fixed = {"primitives": primitives, "nodes": (default.num_nodes,), "edges_kept": (default.edges_kept,)}
    for field, values in fixed.items():
        if getattr(given, field) not in values:
            problem = f"can be set for --config.space.name=darts only; {given.name} has its own"
            raise wrong(f"space.{field}", getattr(given, field), problem)
    with blame("space.name", given.name, SpaceError):
        return named_space(given.name)


def _cell_space(given: SpaceSettings) -> CellSpace:
    names = given.primitives
    if len(names) == 1 and "," in names[0]:
        raise SettingsError(
            f"--config.space.primitives={names[0]}: names need quotes; write "
            f'"--config.space.primitives={tuple(name.strip() for name in names[0].split(","))}"',
            "space.primitives",
        )
    with blame("space.primitives", names, SpaceError):
        space = CellSpace(names)
    with blame("space.nodes", given.nodes, SpaceError):
        space = dataclasses.replace(space, num_nodes=given.nodes, concat=None)
    with blame("space.edges_kept", given.edges_kept, SpaceError):
        return dataclasses.replace(space, edges_kept=given.edges_kept)
