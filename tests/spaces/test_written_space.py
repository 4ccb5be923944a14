"""Spaces whose networks a function writes: restrictions, and what such a space does not have."""

import numpy as np
import pytest

from dartsx.networks import Decision, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import Choices, GenotypeError, Restriction, Scale, SpaceError, WrittenSpace


def write(choices, scale):
    body = tuple(ConvNorm(int(choices[name])) for name in ("first", "second") if name in choices)
    return Network("own", body, (), (Classifier(scale.classes),), "", 8)


DECISIONS = {
    "blocks": Decision(("1", "2")),
    "first": Decision(("4", "8")),
    "second": Decision(("4", "8"), (("blocks", "2"),)),
}


def falls(choices):
    return "must not fall" if choices.get("second", "8") < choices["first"] else ""


FREE, RISING = WrittenSpace(DECISIONS, write), WrittenSpace(DECISIONS, write, restriction=Restriction(falls))


def test_architectures_are_the_assignments_that_the_restriction_leaves():
    assert FREE.count() == len(list(FREE)) == 6
    assert RISING.count() == len(list(RISING)) == len(set(map(str, RISING))) == 5
    rng = np.random.default_rng(0)
    drawn = [str(RISING.sample(rng)) for _ in range(1000)]
    assert set(drawn) == set(map(str, RISING))
    assert all(150 < drawn.count(text) < 250 for text in set(drawn))


def test_mutations_stay_inside():
    rng = np.random.default_rng(0)
    for arch in RISING:
        changed = RISING.mutate(arch, rng)
        RISING.validate(changed)
        assert changed != arch and changed in RISING.neighbours(arch, rng)


def test_what_the_restriction_leaves_out_is_refused():
    with pytest.raises(GenotypeError, match="must not fall"):
        RISING.architecture({"blocks": "2", "first": "8", "second": "4"})
    with pytest.raises(SpaceError, match="the largest weights are no architecture: must not fall"):
        RISING.derive({"decisions": np.array([[0, 1], [0, 1], [1, 0]])})
    nothing = WrittenSpace(DECISIONS, write, restriction=Restriction(lambda choices: "no"))
    with pytest.raises(SpaceError, match="assignments were drawn; none is an architecture: no"):
        nothing.sample(np.random.default_rng(0))


def test_networks_are_written_for_a_scale():
    arch = Choices({"blocks": "1", "first": "4"})
    assert FREE.network(arch).classes == 10 and FREE.network(arch, Scale(classes=3)).classes == 3
    with pytest.raises(SpaceError, match="search it by a strategy"):
        FREE.description()
