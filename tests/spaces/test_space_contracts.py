"""What every space promises, shipped ones and one of each class of a user's own; a new row inherits all of it."""

import dataclasses
import json

import numpy as np
import pytest
from contract import SPACES, each_space, few_channels, has_supernet

from dartsx.cost import expected_cost, network_cost
from dartsx.nn import supernet_of
from dartsx.spaces import (
    NONE,
    Choices,
    GenotypeError,
    from_json,
    published,
    resolve_genotype,
    to_json,
)

SMALL = {"layers": 3, "classes": 5}


def small(space):
    return dataclasses.replace(space.scale, channels=few_channels(space), **SMALL)


def drawn(space, count=5):
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(count)]


@each_space
def test_decisions_are_the_rows_of_the_tables(space):
    rows = [options for group in space.options.values() for options in group]
    assert [decision.options for decision in space.decisions.values()] == rows
    for group, (count, columns) in space.alpha_shapes.items():
        assert len(space.options[group]) == count
        assert max(map(len, space.options[group])) == columns
    met = set()
    for decision, open_part in space.decisions.items():
        assert {other for other, _ in open_part.active_if} <= met
        met.add(decision)


@each_space
def test_choices_and_architecture_are_inverse(space):
    for arch in drawn(space):
        space.validate(arch)
        assert set(arch.choices) <= set(space.decisions)
        assert space.architecture(arch.choices) == arch


@each_space
def test_every_architecture_goes_through_json_and_text(space):
    for arch in drawn(space):
        document = json.loads(json.dumps(to_json(arch)))
        assert document["schema"] == 1 and from_json(document) == arch
        assert resolve_genotype(str(arch)) == (arch, "given text")


@each_space
def test_encoded_rows_are_one_hot_where_they_decide(space):
    for arch in drawn(space):
        mixture = space.encode(arch)
        for group, rows in mixture.items():
            assert rows.shape == space.alpha_shapes[group] and set(rows.sum(1)) <= {0, 1}
        assert sorted(space.derive(mixture).choices.items()) == sorted(arch.choices.items())


@each_space
def test_a_mutation_is_another_architecture_of_the_space(space):
    rng = np.random.default_rng(1)
    for arch in drawn(space):
        changed = space.mutate(arch, rng)
        space.validate(changed)
        assert changed != arch


@each_space
def test_neighbours_are_what_mutation_draws_from(space):
    rng = np.random.default_rng(1)
    for arch in drawn(space, 2):
        around = {frozenset(other.choices.items()) for other in space.neighbours(arch, rng)}
        for other in space.neighbours(arch, rng):
            space.validate(other)
            assert other != arch
        if all(not decision.active_if for decision in space.decisions.values()):
            assert len(around) == len(space.neighbours(arch, rng))
            assert {frozenset(space.mutate(arch, rng).choices.items()) for _ in range(50)} <= around


@each_space
def test_architectures_of_other_spaces_are_refused(space):
    others = [drawn(other)[0] for other in SPACES.values() if other.executor != space.executor]
    for other in (Choices({"colour": "red"}), published("NASNet-A"), *others):
        with pytest.raises(GenotypeError):
            space.validate(other)
        with pytest.raises(GenotypeError):
            space.mutate(other, np.random.default_rng(0))
    for other in others:
        with pytest.raises(GenotypeError):
            space.network(other)


@each_space
def test_the_count_is_whole_and_small_spaces_are_drawn_whole(space):
    count = space.count()
    assert type(count) is int and count >= 2
    drawn_apart = {str(arch) for arch in drawn(space, 30 * min(count, 10))}
    assert len(drawn_apart) == count if count <= 10 else 10 < len(drawn_apart) <= count


@each_space
def test_architectures_are_networks_that_can_be_counted(space):
    arch = drawn(space)[0]
    other = space.mutate(arch, np.random.default_rng(0))
    whole = space.network(arch)
    assert whole == space.network(arch) != space.network(other)
    assert (whole.classes, space.network(arch, small(space)).classes) == (space.scale.classes, 5)
    cost = network_cost(space.network(arch, small(space)), 16)
    assert cost.params > 0 and cost.macs > 0


@pytest.mark.parametrize("space", [pytest.param(s, id=name) for name, s in SPACES.items() if has_supernet(s)])
def test_expected_costs_of_one_hot_mixtures_are_those_of_the_network(space):
    supernet = supernet_of(space, channels=few_channels(space), **SMALL)
    costs = [(arch, network_cost(space.network(arch, small(space)), 16)) for arch in drawn(space, 3)]
    expected = expected_cost(supernet, 16, "macs")
    assert [expected(space.encode(arch)) for arch, _ in costs] == [cost.macs for _, cost in costs]


@each_space
def test_cells_have_the_edges_of_the_graph_where_a_space_has_one(space):
    if space.graph is None:
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
