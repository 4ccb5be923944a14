"""What every space promises, shipped ones and one of each class of a user's own; a new row inherits all of it."""

import json

import numpy as np
import pytest

from dartsx.networks import Choice, Network
from dartsx.networks.blocks.conv import Classifier, ConvNorm
from dartsx.spaces import (
    NONE,
    SPACES,
    CellSpace,
    Choices,
    DescribedSpace,
    GenotypeError,
    RestrictedSpace,
    SpaceError,
    TopologySpace,
    from_json,
    named_space,
    published,
    resolve_genotype,
    to_json,
)

OWN = {
    "own cells": CellSpace(("none", "mine"), 2, 1, custom_primitives=("mine",)),
    "own rows": RestrictedSpace((("skip_connect", "noise"),) * 5, (("none", "sep_conv_3x3"),) * 5, 1),
    "own topology": TopologySpace(("none", "mine"), ((0, 1), (0, 2), (1, 2)), ("mine",)),
    "own description": DescribedSpace(
        Network("own", (ConvNorm(4),), ((Choice("op", {"k3": ConvNorm(4), "skip": None}),),), (Classifier(10),), "", 8)
    ),
}
ALL = {**SPACES, **OWN}
spaces = pytest.mark.parametrize("name", ALL)


def drawn(space, count=5):
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(count)]


@spaces
def test_decisions_are_the_rows_of_the_tables(name):
    space = ALL[name]
    rows = [options for group in space.options.values() for options in group]
    assert [decision.options for decision in space.decisions.values()] == rows
    for group, (count, columns) in space.alpha_shapes.items():
        assert len(space.options[group]) == count
        assert max(map(len, space.options[group])) == columns
    met = set()
    for decision, open_part in space.decisions.items():
        assert {other for other, _ in open_part.active_if} <= met
        met.add(decision)


@spaces
def test_choices_and_architecture_are_inverse(name):
    space = ALL[name]
    for arch in drawn(space):
        space.validate(arch)
        assert set(arch.choices) <= set(space.decisions)
        assert space.architecture(arch.choices) == arch


@spaces
def test_every_architecture_goes_through_json_and_text(name):
    for arch in drawn(ALL[name]):
        document = json.loads(json.dumps(to_json(arch)))
        assert document["schema"] == 1 and from_json(document) == arch
        assert resolve_genotype(str(arch)) == (arch, "given text")


@spaces
def test_encoded_rows_are_one_hot_where_they_decide(name):
    space = ALL[name]
    for arch in drawn(space):
        mixture = space.encode(arch)
        for group, rows in mixture.items():
            assert rows.shape == space.alpha_shapes[group] and set(rows.sum(1)) <= {0, 1}
        assert sorted(space.derive(mixture).choices.items()) == sorted(arch.choices.items())


@spaces
def test_a_mutation_is_another_architecture_of_the_space(name):
    space, rng = ALL[name], np.random.default_rng(1)
    for arch in drawn(space):
        changed = space.mutate(arch, rng)
        space.validate(changed)
        assert changed != arch


@spaces
def test_neighbours_are_what_mutation_draws_from(name):
    space, rng = ALL[name], np.random.default_rng(1)
    for arch in drawn(space, 2):
        around = {frozenset(other.choices.items()) for other in space.neighbours(arch, rng)}
        for other in space.neighbours(arch, rng):
            space.validate(other)
            assert other != arch
        if all(not decision.active_if for decision in space.decisions.values()):
            assert len(around) == len(space.neighbours(arch, rng))
            assert {frozenset(space.mutate(arch, rng).choices.items()) for _ in range(50)} <= around


@spaces
def test_architectures_of_other_spaces_are_refused(name):
    space = ALL[name]
    for other in (
        Choices({"colour": "red"}),
        drawn(SPACES["nb201"])[0],
        published("NASNet-A"),
        *drawn(OWN["own topology"]),
    ):
        if name not in ("nb201", "own topology") or other.cells.keys() != {"normal"}:
            with pytest.raises(GenotypeError):
                space.validate(other)
            with pytest.raises(GenotypeError):
                space.mutate(other, np.random.default_rng(0))


@spaces
def test_only_cells_have_a_graph(name):
    space = ALL[name]
    if space.graph is None:
        assert not any(arch.cells for arch in drawn(space))
        return
    graph = space.graph
    assert all(len(rows) == len(graph.edges) for rows in space.options.values())
    for arch in drawn(space):
        for cell in arch.cells.values():
            assert {(edge.source, edge.node) for edge in cell.edges} <= set(graph.edges)
            assert cell.concat == graph.concat and cell.num_inputs == graph.edges[0][1]
            if graph.kept is None:
                assert len(cell.edges) == len(graph.edges)
            else:
                assert len(cell.edges) == graph.kept * len(graph.nodes)


def test_wrong_choices_of_edges_are_named():
    space = SPACES["s2"]
    with pytest.raises(GenotypeError, match="unknown decision 'normal/2-2' .did you mean 'normal/"):
        space.architecture({"normal/2-2": "skip_connect"})
    with pytest.raises(GenotypeError, match="normal/0-2: unknown primitive 'noise'; allowed: skip_connect, "):
        space.architecture({"normal/0-2": "noise"})
    with pytest.raises(GenotypeError, match="unknown primitive 'sep_conv_3x3'"):
        SPACES["s1"].architecture({"normal/0-2": "sep_conv_3x3"})
    assert space.architecture({"normal/0-2": NONE}).choices == {}


OWN_FILE = """
from dartsx.spaces import CellSpace
mine = CellSpace(num_nodes=1)
number = 3
"""


def test_a_space_of_a_users_own_is_found_beside_the_command(tmp_path, monkeypatch):
    (tmp_path / "own_space_beside.py").write_text(OWN_FILE)
    monkeypatch.chdir(tmp_path)
    space = named_space("own_space_beside:mine")
    assert space == CellSpace(num_nodes=1) and named_space("own_space_beside:mine") is space


def test_a_space_of_an_importable_module_is_found():
    assert named_space("dartsx.spaces.robust_darts:S1") is SPACES["s1"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dart", "unknown space 'dart' .did you mean 'darts'.*; allowed: darts, .*, or module:attribute of your own"),
        ("no_such_module:x", "space no_such_module:x cannot be loaded: ModuleNotFoundError: No module named"),
        ("own_broken:x", "space own_broken:x cannot be loaded: ZeroDivisionError: division by zero"),
        ("own_good:other", "space own_good:other cannot be loaded: AttributeError: .*no attribute 'other'"),
        ("own_good:number", "own_good:number is a int, not a space"),
        (":x", "space :x cannot be loaded"),
    ],
)
def test_spaces_that_cannot_be_loaded_are_named_in_one_line(name, message, tmp_path, monkeypatch):
    (tmp_path / "own_good.py").write_text(OWN_FILE)
    (tmp_path / "own_broken.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpaceError, match=message) as error:
        named_space(name)
    assert "\n" not in str(error.value)
