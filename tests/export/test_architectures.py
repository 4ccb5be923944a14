"""Architectures in the forms of other repositories say the same architecture."""

import json

import pytest

from dartsx.export.architectures import forms
from dartsx.spaces import (
    Cell,
    Choices,
    Edge,
    Genotype,
    from_json,
    from_text,
    published,
    topology_from_string,
)

TOPOLOGY = topology_from_string("|none~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|none~1|avg_pool_3x3~2|")


@pytest.mark.parametrize("given, file", [(published("DARTS_V2"), "darts.txt"), (TOPOLOGY, "nasbench201.txt")])
def test_texts_are_read_as_the_architecture_that_they_say(given, file):
    texts = forms(given)
    assert from_text(texts[file]) == given
    assert from_json(json.loads(texts["architecture.json"])) == given


def test_nni_names_operations_and_inputs_by_node():
    found = json.loads(forms(published("DARTS_V2"))["nni.json"])
    assert len(found) == 32
    assert found["normal/op_5_1"] == "dil_conv_3x3" and found["normal/input_5_1"] == [2]
    assert found["reduce/op_2_0"] == "max_pool_3x3" and found["reduce/input_2_0"] == [0]


def test_cells_that_other_repositories_cannot_say_are_written_as_json_alone():
    three = Cell(tuple(Edge("skip_connect", source, 3) for source in (0, 1, 2)), (3,))
    assert set(forms(Genotype(three, three))) == {"architecture.json"}
    assert set(forms(Choices({"depth": "2"}))) == {"architecture.json"}
