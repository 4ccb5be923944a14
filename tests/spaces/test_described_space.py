"""Spaces of open descriptions: counts, draws and changes against enumeration; derivation reads what encoding writes."""

import json
import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from dartsx.networks import Choice, Decision, Levels, Network, Path, Trellis, Width, close
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import Choices, DescribedSpace, GenotypeError, Scale, SpaceError, from_json, published, to_json
from dartsx.spaces.assignments import Assignments

NAMES = ["chain", "graph", "trellis", "nested"]


@pytest.fixture(scope="module")
def spaces(open_networks):
    return {name: DescribedSpace(make(), Scale(classes=3)) for name, make in open_networks.items()}


def enumerated(space):
    """All architectures, by a walk over the decisions that takes nothing from the dynamic programme."""

    def complete(chosen, left):
        if not left:
            return [chosen]
        (name, decision), *rest = left
        met = not decision.active_if or any(chosen.get(other) == option for other, option in decision.active_if)
        options = [{name: option} for option in decision.options] if met else [{}]
        return [full for option in options for full in complete({**chosen, **option}, rest)]

    return [Choices(chosen) for chosen in complete({}, list(space.decisions.items()))]


@pytest.mark.parametrize("name", NAMES)
def test_the_count_is_that_of_the_enumeration(spaces, name):
    found = enumerated(spaces[name])
    assert len(set(found)) == len(found) == spaces[name].count()


def test_counts_by_hand(spaces):
    # Widths 2; by depth 1, 2, 3 blocks of two kernels, each with an expansion unless all are skipped.
    assert spaces["chain"].count() == 2 * sum(2 * (3**depth - 1) + 1 for depth in (1, 2, 3))
    # outer: deep with nothing or two inner blocks, flat, skip; last: again or skip; inner counts unless unused.
    assert spaces["nested"].count() == 2 * ((1 * (2 + 1)) + (2 * 2) + (2 * 2) + (2 + 1))


def trellis(layers, levels):
    cells = (tuple(ConvNorm(4) for _ in range(levels)),)
    steps = (ConvNorm(4, 3, 2),) * (levels - 1), (ConvNorm(4, 1),) * (levels - 1)
    last = (Last(),) * levels
    blocks = Levels(cells, *steps, last)
    stage = (Trellis(Path("path", layers, levels), blocks),)
    return Network("trellis", (ConvNorm(4),), (stage,), (Classifier(10),), "a test", 32)


@dataclass(frozen=True)
class Last:
    """Every map as one pixel."""

    def build(self, trace, x):
        return trace.global_pool(x)


def test_a_trellis_of_twelve_layers_and_four_levels_has_28657_paths():
    # Walks of 11 steps on four levels from the first: the Fibonacci number F(23).
    space = DescribedSpace(trellis(12, 4))
    assert space.count() == 28_657
    arch = space.sample(np.random.default_rng(0))
    assert len(arch.choices) == 11 and space.derive(space.encode(arch)) == arch


def test_counts_may_be_larger_than_any_machine_number():
    decisions = {f"op{i}": Decision(("a", "b", "c")) for i in range(90)}
    decisions["shared"] = Decision(("x", "y"), tuple((f"op{i}", "a") for i in range(90)))
    assignments = Assignments(decisions)
    assert assignments.count() == 2 * 3**90 - 2**90
    drawn = assignments.sample(np.random.default_rng(0))
    assert ("shared" in drawn) == ("a" in [drawn[f"op{i}"] for i in range(90)])


@pytest.mark.parametrize("name", ["nested", "trellis"])
def test_draws_are_uniform(spaces, name):
    space, rng = spaces[name], np.random.default_rng(1)
    found = enumerated(space)
    times = 40 * len(found)
    counts = Counter(space.sample(rng) for _ in range(times))
    assert set(counts) == set(found)
    chi_square = sum((counts[arch] - 40) ** 2 / 40 for arch in found)
    degrees = len(found) - 1
    assert abs(chi_square - degrees) < 4 * math.sqrt(2 * degrees)  # four standard deviations


@pytest.mark.parametrize("name", NAMES)
def test_a_mutation_changes_one_choice_and_what_depends_on_it(spaces, name):
    space, rng = spaces[name], np.random.default_rng(2)
    arch = space.sample(rng)
    for _ in range(100):
        changed = space.mutate(arch, rng)
        space.validate(changed)
        before, after = arch.choices, changed.choices
        both = [decision for decision in before if decision in after and before[decision] != after[decision]]
        assert len(both) == 1
        arch = changed


def test_every_change_of_a_choice_is_equally_likely(spaces):
    space, rng = spaces["nested"], np.random.default_rng(3)
    arch = space.architecture({"width": "8", "outer": "skip", "last": "skip"})
    kinds = Counter()
    for _ in range(2000):
        choices = space.mutate(arch, rng).choices
        kinds[tuple(choices[name] for name in ("width", "outer", "last"))] += 1
    assert set(kinds) == {("12", "skip", "skip"), ("8", "deep", "skip"), ("8", "flat", "skip"), ("8", "skip", "again")}
    assert all(abs(count - 500) < 100 for count in kinds.values())


@pytest.mark.parametrize("name", NAMES)
def test_derivation_reads_what_encoding_writes(spaces, name):
    space, rng = spaces[name], np.random.default_rng(4)
    for arch in (space.sample(rng) for _ in range(50)):
        mixture = space.encode(arch)
        assert mixture["decisions"].shape == space.alpha_shapes["decisions"]
        assert mixture["decisions"].sum() == len(arch.choices)
        assert space.derive(mixture) == arch
        assert space.expand(mixture) is mixture
        assert space.network(arch) == close(space.description(), arch.choices)


@pytest.mark.parametrize("name", NAMES)
def test_any_mixture_derives_to_an_architecture_of_the_space(spaces, name):
    rng = np.random.default_rng(5)
    for _ in range(20):
        space = spaces[name]
        space.validate(space.derive({"decisions": rng.random(space.alpha_shapes["decisions"])}))


def test_columns_behind_a_short_row_are_not_read(spaces):
    space = spaces["chain"]
    mixture = space.encode(space.sample(np.random.default_rng(6)))
    for row, names in enumerate(space.options["decisions"]):
        mixture["decisions"][row, len(names) :] = np.nan
    space.derive(mixture)


def test_json_and_text_go_both_ways(spaces):
    arch = spaces["nested"].architecture({"width": "8", "outer": "flat", "last": "skip", "inner": "b"})
    assert from_json(json.dumps(to_json(arch))) == arch
    assert to_json(arch) == {
        "schema": 1, "choices": {"inner": "b", "last": "skip", "outer": "flat", "width": "8"}
    }  # fmt: skip
    assert str(arch) == "inner=b, last=skip, outer=flat, width=8" and arch.cells == {}
    assert hash(arch) == hash(Choices(list(reversed(arch.pairs))))


WRONG = {
    "unknown": ({"widht": "8"}, "unknown decision 'widht' .did you mean 'width'.*; allowed: width, outer, n"),
    "missing": ({"width": "8", "last": "skip"}, "decision outer is missing; allowed: deep, flat, skip"),
    "option": ({"width": "9", "outer": "skip", "last": "skip"}, "width: unknown option '9'; allowed: 8, 12"),
    "idle": ({"width": "8", "outer": "skip", "n": "2", "last": "skip"}, "n counts only if outer=deep; leave it out"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_belong_to_the_space_is_named(spaces, case):
    choices, message = WRONG[case]
    for use in (spaces["nested"].validate, spaces["nested"].encode, spaces["nested"].network):
        with pytest.raises(GenotypeError, match=message):
            use(Choices(choices))


def test_genotypes_belong_to_no_described_space(spaces):
    with pytest.raises(GenotypeError, match="unknown decision 'normal/0-2'"):
        spaces["chain"].validate(published("DARTS_V2"))


@pytest.mark.parametrize("mixture", [{}, {"decisions": np.zeros((2, 2))}, {"normal": np.zeros((5, 3))}])
def test_mixtures_of_another_shape_are_refused(spaces, mixture):
    with pytest.raises(SpaceError, match="decisions mixture has shape"):
        spaces["chain"].derive(mixture)


def test_mixtures_must_be_finite(spaces):
    with pytest.raises(SpaceError, match="decisions mixture holds .*nan.* for width"):
        spaces["chain"].derive({"decisions": np.full(spaces["chain"].alpha_shapes["decisions"], np.nan)})


def test_descriptions_that_make_no_space_are_refused():
    head, width = (Classifier(10),), Width("w", (4, 8))
    with pytest.raises(SpaceError, match="the description closed leaves nothing open"):
        DescribedSpace(Network("closed", (ConvNorm(4),), (), head, "", 8))
    with pytest.raises(SpaceError, match="two has 2 classes, 10 are asked for"):
        DescribedSpace(Network("two", (ConvNorm(width),), (), (Classifier(2),), "", 8))
    with pytest.raises(SpaceError, match="depends on the scale"):
        DescribedSpace(lambda s: Network("s", (ConvNorm(Width("w", (4, s.channels))),), (), head, "", 8)).description(
            Scale(channels=6)
        )


@dataclass(frozen=True)
class Halved:
    """Loses the table of its input's width, as a fraction on the left does."""

    def build(self, trace, x):
        return trace.conv(x, int(0.5 * x.channels), 1)


def test_blocks_that_lose_the_table_of_a_width_are_found():
    stem = (ConvNorm(Width("w", (4, 8))), Halved())
    with pytest.raises(SpaceError, match=r"lost with w=4: layer stem/block1/conv has weights .*4, 4.*, closed .*4, 2"):
        DescribedSpace(Network("lost", stem, (), (Classifier(10),), "", 8))


def test_a_space_with_one_architecture_has_no_other():
    space = DescribedSpace(Network("one", (Choice("c", {"a": ConvNorm(4)}),), (), (Classifier(10),), "", 8))
    with pytest.raises(SpaceError, match="one architecture only"):
        space.mutate(space.sample(np.random.default_rng(0)), np.random.default_rng(0))


def test_scales_reach_the_description():
    space = DescribedSpace(
        lambda s: Network("s", (ConvNorm(s.channels), Choice("c", {"a": None})), (), (Classifier(s.classes),), "", 8)
    )
    network = space.network(Choices({"c": "a"}), Scale(channels=5, classes=7))
    assert network.classes == 7 and network.trace()[1].shape[-1] == 5


@pytest.mark.parametrize("pairs", [{"a b": "c"}, {"a": 1}, [("a", "b"), ("a", "c")]])
def test_choices_that_cannot_be_written_are_refused(pairs):
    with pytest.raises(GenotypeError):
        Choices(pairs)
