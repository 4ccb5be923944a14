"""Search methods by name: which go together, and the options of each as frozen dataclasses.

What stands here stands in the library too, in modules that import JAX; a test compares them. Defaults (the papers'
values) stand in ``configs/methods.py`` alone.
"""

import dataclasses

from experiments.settings.errors import did_you_mean, wrong
from experiments.settings.rules import Rule, above_zero, at_least, below_one, between, where

# What each method decides: two that decide the same thing do not go together.
DECIDES = {
    "darts": (),
    "gdas": ("relaxation",),
    "snas": ("relaxation",),
    "reinmax": ("relaxation",),
    "fair_darts": ("relaxation", "penalty", "derivation"),
    "drnas": ("relaxation", "penalty"),
    "beta_darts": ("penalty",),
    "darts_minus": ("auxiliary skip connections",),
    "sdarts_rs": ("perturbation",),
    "sdarts_adv": ("perturbation",),
    "lambda_darts": ("gradient of the weights",),
    "oles": ("freezing",),
    "darts_plus": ("early stopping",),
    "r_darts": ("early stopping",),
    "p_darts": ("stages", "derivation"),
    "darts_pt": ("selection after the search",),
    "pc_darts": ("channels",),
    "progressive": ("stages", "channels"),
}
# Pairs that would compute, but mean nothing.
MEANINGLESS = {
    frozenset({"gdas", "darts_minus"}): "an auxiliary skip helps a mixture; gdas draws one candidate",
    frozenset({"reinmax", "darts_minus"}): "an auxiliary skip helps a mixture; reinmax draws one candidate",
    frozenset({"gdas", "oles"}): "what is not drawn has no gradients to compare",
    frozenset({"reinmax", "oles"}): "what is not drawn has no gradients to compare",
    frozenset({"p_darts", "darts_plus"}): "stages have fixed lengths",
    frozenset({"p_darts", "r_darts"}): "stages have fixed lengths",
    frozenset({"progressive", "darts_plus"}): "stages have fixed lengths",
    frozenset({"progressive", "r_darts"}): "stages have fixed lengths",
}
# What happens between epochs or after the search, for one search at a time.
ALONE = ("early stopping", "stages")
WITH_TERMS = ("unrolled", "neumann", "conjugate_gradient")


def methods() -> Rule:
    """Names of methods, joined by '+'."""

    def unknown(value):
        return next(name for name in value.split("+") if name not in DECIDES)

    return Rule(
        lambda value: all(name in DECIDES for name in value.split("+")),
        lambda value: (
            f"not allowed; {did_you_mean(unknown(value), DECIDES)}"
            f"choose one of {', '.join(DECIDES)}, or several joined by '+'"
        ),
    )


def check_method(method: str, hypergradient: str, terms: int | None) -> None:
    """Check that methods and hypergradient go together.

    Raises:
      SettingsError: naming the field, its value and what contradicts it.
    """
    names = method.split("+")
    decided: dict[str, str] = {}
    for i, name in enumerate(names):
        if name in names[:i]:
            raise wrong("method", method, f"{name} is named twice")
        for part in DECIDES[name]:
            if part in decided:
                raise wrong("method", method, f"{decided[part]} and {name} both decide the {part}; choose one")
            decided[part] = name
        for other in names[:i]:
            if reason := MEANINGLESS.get(frozenset({other, name})):
                raise wrong("method", method, f"{other} and {name} do not go together: {reason}")
    if "snas" in names and hypergradient != "first_order":
        problem = f"--config.method={method} trains alphas and weights on one loss: only first_order has a meaning"
        raise wrong("hypergradient", hypergradient, problem)
    if terms is not None and hypergradient not in WITH_TERMS:
        problem = f"--config.hypergradient={hypergradient} has none; those that have: {', '.join(WITH_TERMS)}"
        raise wrong("hypergradient_terms", terms, problem)


@dataclasses.dataclass(frozen=True)
class Temperature:
    """Of ``gdas``, ``snas`` and ``reinmax``, at the start and the end of the search."""

    temperature_start: float = where(above_zero())
    temperature_end: float = where(above_zero())


@dataclasses.dataclass(frozen=True)
class FairDarts:
    """Weight of the zero-one loss, and the weight above which a candidate is derived."""

    penalty: float = where(at_least(0))
    threshold: float = where(below_one())


@dataclasses.dataclass(frozen=True)
class Drnas:
    """Weight of the divergence from the uniform Dirichlet distribution."""

    penalty: float = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class BetaDarts:
    """Weight of Beta-Decay, at the start and the end."""

    penalty_start: float = where(at_least(0))
    penalty_end: float = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class DartsMinus:
    """Weight of the auxiliary skip connection, at the start and the end."""

    skip_start: float = where(at_least(0))
    skip_end: float = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class SdartsRs:
    """Radius of the perturbation at the end."""

    epsilon: float = where(above_zero())


@dataclasses.dataclass(frozen=True)
class SdartsAdv:
    """Radius of the perturbation at the end, and steps of the attack."""

    epsilon: float = where(above_zero())
    steps: int = where(at_least(1))


@dataclasses.dataclass(frozen=True)
class LambdaDarts:
    """Weight of the alignment at the end."""

    penalty: float = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class Oles:
    """Mean cosine below which an operation is frozen, and the steps that it is taken over."""

    threshold: float = where(between(-1, 1))
    steps: int = where(at_least(1))


@dataclasses.dataclass(frozen=True)
class DartsPlus:
    """Skip connections, or epochs without a change of rank, that end the search."""

    skips: int = where(at_least(1))
    stable_epochs: int = where(at_least(1))


@dataclasses.dataclass(frozen=True)
class RDarts:
    """Growth of the eigenvalue that ends the search; epochs averaged over, and gone back; drop path at the end."""

    factor: float = where(above_zero())
    window: int = where(at_least(1))
    back: int = where(at_least(1))
    drop_path: float = where(below_one())


@dataclasses.dataclass(frozen=True)
class PDarts:
    """Skip connections left in the normal cell; cells more, candidates and skip dropout of the later stages."""

    skips: int = where(at_least(0))
    extra_layers_second: int = where(at_least(0))
    extra_layers_third: int = where(at_least(0))
    keep_second: int = where(at_least(1))
    keep_third: int = where(at_least(1))
    dropout_second: float = where(below_one())
    dropout_third: float = where(below_one())


@dataclasses.dataclass(frozen=True)
class DartsPt:
    """Epochs of tuning after each choice."""

    tune_epochs: int = where(at_least(0))


@dataclasses.dataclass(frozen=True)
class PcDarts:
    """One in so many channels goes through the candidates; whether edges have weights of their own."""

    partial_channels: int = where(at_least(1))
    edge_weights: bool


@dataclasses.dataclass(frozen=True)
class Progressive:
    """One in so many channels goes through the candidates of each stage; candidates that the second keeps."""

    partial_first: int = where(at_least(1))
    partial_second: int = where(at_least(1))
    keep: int = where(at_least(1))


@dataclasses.dataclass(frozen=True)
class MethodOptions:
    """The options of every method; those of methods that are not named are not used."""

    gdas: Temperature
    snas: Temperature
    reinmax: Temperature
    fair_darts: FairDarts
    drnas: Drnas
    beta_darts: BetaDarts
    darts_minus: DartsMinus
    sdarts_rs: SdartsRs
    sdarts_adv: SdartsAdv
    lambda_darts: LambdaDarts
    oles: Oles
    darts_plus: DartsPlus
    r_darts: RDarts
    p_darts: PDarts
    darts_pt: DartsPt
    pc_darts: PcDarts
    progressive: Progressive


def check_partial(method: str, options: MethodOptions, remat: str) -> None:
    """Check that what the backward pass computes again goes with partial channels.

    Raises:
      SettingsError: naming the field.
    """
    partial = {
        "pc_darts": options.pc_darts.partial_channels,
        "progressive": max(options.progressive.partial_first, options.progressive.partial_second),
    }
    if remat == "branch" and any(partial.get(name, 1) > 1 for name in method.split("+")):
        raise wrong("search.remat", remat, f"partial channels of --config.method={method} need none or cell")


def acts_alone(method: str) -> str | None:
    """The name in a method, or None, that acts between epochs or after the search: on one search at a time."""
    names = method.split("+")
    return next((name for name in names if name == "darts_pt" or set(DECIDES[name]) & set(ALONE)), None)


def check_alone(method: str, population: int) -> None:
    """Check that a population is searched by methods that act within steps only.

    Raises:
      SettingsError: naming the field.
    """
    if population > 1 and (name := acts_alone(method)):
        problem = f"{name} of --config.method={method} acts between epochs or after the search"
        others = ", ".join(other for other in DECIDES if not acts_alone(other))
        raise wrong(
            "population", population, f"{problem}; search its seeds one by one (--config.seed=), or by one of {others}"
        )
