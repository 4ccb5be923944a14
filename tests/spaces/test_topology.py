"""Topologies: strings and JSON both ways, isomorphism, and what is refused."""

import pytest

from dartsx.spaces import Edge, GenotypeError, Topology, from_json, resolve_genotype, to_json, topology_from_string

TEXT = "|skip_connect~0|+|none~0|nor_conv_3x3~1|"


def test_text_and_json_are_read_back(tmp_path):
    topology = topology_from_string(TEXT)
    assert topology.edges == (Edge("skip_connect", 0, 1), Edge("none", 0, 2), Edge("nor_conv_3x3", 1, 2))
    assert str(topology) == TEXT and topology.output == 2
    assert from_json(to_json(topology)) == topology
    assert resolve_genotype(TEXT) == (topology, "given text")
    path = tmp_path / "cell.txt"
    path.write_text(TEXT)
    assert resolve_genotype(path)[0] == topology


def test_graphs_may_leave_edges_out():
    text = "|skip_connect~0|+|mine~1|+|mine~1|none~2|"
    topology = topology_from_string(text)
    assert str(topology) == text and topology.count("mine") == 2


def test_skips_order_and_what_nothing_reaches_make_no_difference():
    def canonical(text):
        return topology_from_string(text).canonical()

    conv = "nor_conv_3x3"
    assert canonical(f"|{conv}~0|+|skip_connect~0|{conv}~1|") != canonical(f"|skip_connect~0|+|{conv}~0|{conv}~1|")
    assert canonical(f"|skip_connect~0|+|{conv}~0|none~1|") == canonical(f"|none~0|+|{conv}~0|{conv}~1|")
    assert canonical(f"|skip_connect~0|+|{conv}~0|avg_pool_3x3~1|") == canonical(
        f"|skip_connect~0|+|avg_pool_3x3~0|{conv}~1|"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a text"),
        (3, "expected a text"),
        ("skip_connect~0", "node 1: 'skip_connect~0' does not stand between two |"),
        ("|skip_connect-0|", "node 1: 'skip_connect-0' is not primitive~source"),
        ("|skip_connect~1|", "a source is an integer from 0 to below its node"),
        ("|none~0|+|none~0|none~0|", "an edge is given twice"),
        ("|none~0|+||", "node 2: '' is not"),
        ("|none~0000|", "is not primitive~source"),
    ],
)
def test_other_texts_are_refused(text, message):
    with pytest.raises(GenotypeError, match=message.replace("|", r"\|")):
        topology_from_string(text)


def test_a_node_that_nothing_enters_is_refused():
    with pytest.raises(GenotypeError, match="no edge enters node 1"):
        Topology((Edge("none", 0, 2),))
    with pytest.raises(GenotypeError, match="must be"):
        Topology(("none",))
