"""The published genotypes: complete, equal to the reference, found by name."""

import json

import pytest

from dartsx.spaces import GenotypeError, from_json, published, published_names, published_source


def test_published_genotypes_equal_the_reference(reference_dir):
    reference = json.loads((reference_dir / "genotypes.json").read_text())["genotypes"]
    assert set(reference) <= set(published_names())
    for name, document in reference.items():
        assert published(name) == from_json(document), name
        assert published_source(name).source == document["source"].removeprefix("github:")
        assert published_source(name).paper == document["paper"]


def test_a_genotype_as_printed_in_its_paper():
    cell = published("DARTS_V2").normal
    assert [(edge.primitive, edge.source) for edge in cell.inputs(5)] == [
        ("skip_connect", 0),
        ("dil_conv_3x3", 2),
    ]


@pytest.mark.parametrize("name", published_names())
def test_every_genotype_has_its_source(name):
    source = published_source(name)
    assert "arXiv:" in source.paper
    assert ".py@" in source.source
    entries = len(published(name).normal.edges)
    pairs = entries == 2 * len(published(name).normal.nodes)
    assert source.form == ("pairs" if pairs else "triples")


@pytest.mark.parametrize("name", ["nasnet-a", "NASNet_A", "NASNETA"])
def test_names_match_without_case_and_hyphens(name):
    assert published(name) == published("NASNet-A")


def test_loose_names_are_unambiguous():
    loose = [name.lower().replace("-", "").replace("_", "") for name in published_names()]
    assert len(set(loose)) == len(loose)


def test_an_unknown_name_is_answered_with_the_choices():
    with pytest.raises(GenotypeError, match=r"'DARTS_V3' \(did you mean .*DARTS_V2.*SETN"):
        published("DARTS_V3")
    with pytest.raises(GenotypeError, match="must be a string, not 3"):
        published(3)
