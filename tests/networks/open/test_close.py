"""An open network closes to the network that one would write by hand, and costs at an option what that one costs."""

import dataclasses

import pytest

from dartsx.networks import (
    Choice,
    Depth,
    Levels,
    Network,
    Node,
    Path,
    Pick,
    Read,
    Trace,
    Trellis,
    Width,
    close,
    decisions_of,
    primitive,
)
from dartsx.networks.blocks.cell import Cell, Design
from dartsx.networks.blocks.chain import Chain
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.networks.blocks.inverted import InvertedBottleneck
from dartsx.networks.blocks.residual import BasicBlock
from dartsx.networks.blocks.shuffle import ShuffleUnitV2
from dartsx.networks.blocks.squeeze_excitation import SqueezeExcite
from dartsx.networks.layers import Input, Zero
from dartsx.networks.open.layers import Mixed, Weighted
from dartsx.networks.open.place import ROOT, Place, exists, presence
from dartsx.networks.open.size import at, expected

NAMES = ["chain", "graph", "trellis", "nested", "widening", "grouped", "pairs"]


def architectures(network):
    """All of them, by enumeration."""

    def complete(choices, left):
        if not left:
            yield choices
            return
        (name, decision), *rest = left
        for option in decision.options if decision.active(choices) else [None]:
            yield from complete({**choices, **({name: option} if option else {})}, rest)

    return list(complete({}, list(decisions_of(network).items())))


@pytest.mark.parametrize("name", NAMES)
def test_layers_of_a_closed_network_are_those_of_the_open_one_without_labels(open_networks, name):
    network = open_networks[name]()
    given = architectures(network)
    for choices in given[:: max(1, len(given) // 60)]:
        closed = close(network, choices)
        assert not decisions_of(closed) and closed != network
        found = {}
        for step in primitive(network.trace()):
            if step.weights and exists(step.place, choices):
                assert step.closed_name not in found
                found[step.closed_name] = (at(step.params, choices), at(step.macs, choices))
        assert found == {step.name: (step.params, step.macs) for step in closed.trace() if step.weights}


def test_a_closed_chain_is_the_one_written_by_hand(open_networks):
    choices = {"width": "12", "depth": "3", "expansion": "3", "op0": "k5", "op1": "skip", "op2": "k3"}
    se = SqueezeExcite(1 / 4)
    blocks = (InvertedBottleneck(12, 3, kernel=5, se=se), Chain(), InvertedBottleneck(12, 3, kernel=3, se=se))
    by_hand = Network("chain", (ConvNorm(12, 3),), ((Chain(blocks),),), (Classifier(3),), "a test", 8)
    closed = close(open_networks["chain"](), choices)
    assert closed == by_hand and hash(closed) == hash(by_hand)
    assert closed.trace() is by_hand.trace()
    plain = Network("plain", (ConvNorm(12, 3),), (blocks[::2],), (Classifier(3),), "a test", 8)
    assert (closed.params(), closed.macs()) == (plain.params(), plain.macs())


def test_only_decisions_that_count_must_be_chosen(open_networks):
    close(open_networks["nested"](), {"width": "8", "outer": "skip", "last": "skip"})
    with pytest.raises(ValueError, match="no option chosen for decision inner; allowed: a, b"):
        close(open_networks["nested"](), {"width": "8", "outer": "skip", "last": "again"})
    with pytest.raises(ValueError, match="decision outer has no option 'round'; allowed: deep, flat, skip"):
        close(open_networks["nested"](), {"width": "8", "outer": "round", "last": "skip"})


def test_conditions_of_decisions(open_networks):
    decisions = decisions_of(open_networks["nested"]())
    assert {name: decision.active_if for name, decision in decisions.items()} == {
        "width": (), "outer": (), "n": (("outer", "deep"),), "last": (),
        "inner": (("n", "2"), ("outer", "flat"), ("last", "again")),
    }  # fmt: skip
    paths = decisions_of(open_networks["trellis"]())
    assert paths["path/1/1"].options == ("up", "keep", "down") and paths["path/1/0"].options == ("keep", "down")
    assert paths["path/2/1"].active_if == (("path/1/0", "down"), ("path/1/1", "keep"))
    assert paths["op/1/1"].active_if == (("path/0/0", "down"),)


def test_one_of_the_places_of_every_layer_of_a_trellis_exists(open_networks):
    network = open_networks["trellis"]()
    rows = {name: {o: (i + 1) / 10 for i, o in enumerate(d.options)} for name, d in decisions_of(network).items()}
    rows = {name: {o: w / sum(row.values()) for o, w in row.items()} for name, row in rows.items()}
    for layer in range(4):
        places = {
            step.name.split("/")[3]: step.place for step in network.trace() if f"/layer{layer}/" in step.name
            and step.name.endswith("weighted") or layer == 0 and "/layer0/level0/" in step.name
        }  # fmt: skip
        total = sum(presence(place, lambda name, option: rows[name][option]) for place in places.values())
        assert total == pytest.approx(1)


def test_costs_are_bilinear_in_the_widths(open_networks):
    step = next(s for s in primitive(open_networks["chain"]().trace()) if s.name.endswith("op0/k3/expand/conv")
                or s.name.endswith("block0/k3/expand"))  # fmt: skip
    assert at(step.params, {"width": "8", "expansion": "3"}) == 8 * 24
    weights = {("width", "8"): 0.25, ("width", "12"): 0.75, ("expansion", "2"): 0.5, ("expansion", "3"): 0.5}
    mean = expected(step.params, lambda *choice: weights[choice])
    assert mean == pytest.approx((0.25 * 64 + 0.75 * 144) * 2.5)


def test_an_open_network_has_no_single_cost(open_networks):
    with pytest.raises(ValueError, match="chain leaves width, depth, op0, .* open: close it before counting"):
        open_networks["chain"]().params()


@dataclasses.dataclass(frozen=True)
class Unscoped:
    """A choice and a convolution without a scope between them."""

    def build(self, trace, x):
        return trace.conv(trace.block(Choice("c", {"a": ConvNorm(8)}), x), 8, 1)


W = Width("w", (4, 8))
INNER = {name: Choice(name, {"x": None}) for name in "ab"}
CIRCLE = Choice("s", {"l": Choice("a", {"x": INNER["b"]}), "r": Choice("b", {"x": INNER["a"]})})
WRONG = {
    "shapes": (
        (Choice("c", {"a": ConvNorm(4), "b": ConvNorm(5)}),),
        "options of choice c must make one shape: a makes",
    ),
    "identity": ((Choice("c", {"a": ConvNorm(4), "b": None}),), "must make one shape: a makes .8, 8, 4., b makes"),
    "depth": ((Depth("d", (1, 2), (ConvNorm(4), ConvNorm(6))),), "must have one shape"),
    "labels": ((Choice("c", {"a b": ConvNorm(4)}),), "an option's label has letters"),
    "no options": ((Choice("c", {}),), "decision c has no options"),
    "shared": ((Choice("c", {"a": None}), Choice("c", {"b": None})), "decision c has options a and elsewhere b"),
    "shared width": ((ConvNorm(W), ConvNorm(Width("w", (2,)))), "decision w has options 2 and elsewhere 4, 8"),
    "circle": ((CIRCLE,), "decisions a, b are each inside an option of another"),
    "residual": ((ConvNorm(W), BasicBlock(8)), r"whether 4\|8 and 8 channels are equal depends on w"),
    "expansion": ((InvertedBottleneck(8, expanded=W),), r"whether 4\|8 and 8 channels are equal depends on w"),
    "groups": ((ConvNorm(W), ConvNorm(8, groups=2)), r"open channels \(4\|8 to 8\) cannot be convolved in 2 groups"),
    "split": ((ConvNorm(W), ShuffleUnitV2(W)), r"4\|8 open channels cannot be cut at 0 and 2\|4"),
    "kernel": ((ConvNorm(8, W),), "kernel and stride cannot be open numbers"),
    "names": ((Unscoped(),), "two layers stem/block0/conv: give the choice a scope of its own"),
    "cells": ((Choice("c", {"a": Cell(Design((), (0,)), 8)}),), "cannot be an option of a choice"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_left_open_is_refused(case):
    blocks, message = WRONG[case]
    with pytest.raises(ValueError, match=message) as error:
        Network("wrong", blocks, (), (Classifier(2),), "a test", 8).trace((8, 8, 8))
    assert str(error.value).startswith("wrong on images of 8x8: ")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Depth("d", (2, 1), (ConvNorm(4),)), "options of depth d must be whole numbers in rising order"),
        (lambda: Depth("d", (1,), ()), "depth d repeats no block"),
        (lambda: Pick("p", 3, (0, 1)), "p picks 3 of the values"),
        (lambda: Path("p", 0, 1), "path p needs layers and levels"),
        (lambda: Trellis(Path("p", 3, 2), Levels(((None,),), (), (), ())), "cells must be given for 1 or 3 layers"),
        (lambda: Trellis(Path("p", 1, 2), Levels(((None,) * 2,), (), (), ())), "1 blocks up and down and 2 heads"),
        (lambda: Node(Read((0,)), None, "product"), "unknown combination 'product'; allowed: sum, concat"),
    ],
)
def test_parts_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_open_channels_are_used_from_the_beginning_of_their_segments():
    trace = Trace()
    x = trace.add(Input((8, 8, 3)))
    a, b = trace.conv(x, W, 1), trace.conv(x, 6, 1)
    trace.conv(trace.concat(a, b, a), W * 14 // 14 + W + 6, 3, groups=W * 2 + 6)
    assert [step.segments for step in trace.steps] == [(3,), (W,), (6,), (W, 6, W), (W, 6, W)]
    assert trace.split(trace.norm(trace.concat(a, b)), W, 6)[1].shape == (8, 8, 6)
    assert trace.steps[-1].segments == (6,)


def test_nothing_is_a_layer_without_cost():
    trace = Trace()
    assert trace.block(Zero(2), trace.add(Input((7, 7, 3)))).shape == (4, 4, 3)
    assert not trace.steps[-1].weights and not trace.steps[-1].macs


def test_channels_behind_a_choice_lie_as_those_of_its_options():
    width = Width("w", (8, 16))
    choice = Choice("op", {"k1": ConvNorm(width, 1), "k3": ConvNorm(width, 3)})
    residual = InvertedBottleneck(width, expansion=2)
    steps = Network("x", (choice, residual), (), (Classifier(2),), "", 8).trace()
    assert [step.segments for step in steps if isinstance(step.layer, Mixed)] == [(width,)]


def test_a_layer_behind_many_decisions_is_closed_at_once():
    place = ROOT
    for number in range(200):  # along 2^200 ways
        place = Place(((place, f"d{number}", "a"), (place, f"d{number}", "b")))
    layer = Weighted((place,), ROOT)
    assert close(layer, {}) is layer
