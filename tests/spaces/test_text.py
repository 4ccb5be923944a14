"""The classic text: what is tolerated, and where errors point."""

import pytest

from dartsx.spaces import Cell, Edge, Genotype, GenotypeError, from_text, published

CELL = "normal=[('skip_connect', 0), ('sep_conv_3x3', 1)], normal_concat=[2]"
REDUCE = "reduce=[('max_pool_3x3', 1), ('max_pool_3x3', 0)], reduce_concat=range(2, 3)"
EXPECTED = Genotype(
    Cell((Edge("skip_connect", 0, 2), Edge("sep_conv_3x3", 1, 2)), (2,)),
    Cell((Edge("max_pool_3x3", 1, 2), Edge("max_pool_3x3", 0, 2)), (2,)),
)

TOLERATED = {
    "plain": f"Genotype({CELL}, {REDUCE})",
    "assignment": f"MY_NET_1 = Genotype({CELL}, {REDUCE})",
    "module": f"x = genotypes.Genotype({CELL}, {REDUCE})",
    "order of fields": f"Genotype({REDUCE}, {CELL})",
    "trailing commas": f"Genotype({CELL.replace(')]', ',),]')}, {REDUCE},),",
    "lines and comments": f"# found at epoch 50\nG = Genotype(\n  {CELL},  # it's normal\r\n\t{REDUCE}\n)\n# end",
    "no spaces": f"Genotype({CELL},{REDUCE})".replace(" ", ""),
    "double quotes": f"Genotype({CELL}, {REDUCE})".replace("'", '"'),
    "Python 2 strings": f"Genotype({CELL}, {REDUCE})".replace("'", "u'", 1),
    "lists for tuples": f"Genotype({CELL.replace('(', '[').replace(')', ']')}, {REDUCE})",
    "tuples for lists": f"Genotype({CELL}, {REDUCE})".replace("[", "(").replace("]", ",)"),
    "no-break space": f"Genotype({CELL},\u00a0{REDUCE})",
    "triples": f"Genotype({CELL}, {REDUCE})".replace("', 0", "', 2, 0").replace("', 1", "', 2, 1"),
}


@pytest.mark.parametrize("case", TOLERATED)
def test_variants_of_the_text_are_read(case):
    assert from_text(TOLERATED[case]) == EXPECTED


def test_the_text_is_written_as_the_original_prints_it():
    assert str(EXPECTED) == (
        "Genotype(normal=[('skip_connect', 0), ('sep_conv_3x3', 1)], normal_concat=range(2, 3), "
        "reduce=[('max_pool_3x3', 1), ('max_pool_3x3', 0)], reduce_concat=range(2, 3))"
    )
    assert "reduce_concat=[3, 4, 6])" in str(published("AmoebaNet-A"))


def test_cells_without_two_edges_per_node_are_written_as_triples():
    text = str(published("FairDARTS_a"))
    assert "normal=[('sep_conv_3x3', 2, 0), ('sep_conv_5x5', 2, 1), ('max_pool_3x3', 4, 0)" in text
    assert "reduce=[('max_pool_3x3', 0), ('avg_pool_3x3', 1)" in text


def test_primitives_of_a_users_own_are_read():
    genotype = from_text(TOLERATED["plain"].replace("skip_connect", "my_conv"))
    assert genotype.normal.edges[0].primitive == "my_conv"
    assert from_text(str(genotype)) == genotype


# Each case: what is replaced in the plain text, by what, the error, the text right of its caret.
DAMAGED = {
    "no primitive's name": ("sep_conv_3x3", "sep-conv", "letters, digits and _", "'sep-conv'"),
    "none": ("skip_connect", "none", "leave the edge out", "'none'"),
    "source too high": (", 1), ('max", ", 2), ('max", "allowed: 0 to 1", "2), ('max"),
    "negative source": (", 0)]", ", -0)]", "unexpected character '-'", "-0)]"),
    "float": (", 0)]", ", 0.5)]", "a source must be an integer, not 0.5", "0.5)]"),
    "concat past the nodes": ("range(2, 3)", "range(2, 6)", "its nodes are 2 to 2", "range(2, 6)"),
    "concat of an input": ("[2]", "[1, 2]", "node 1 is no intermediate node", "1, 2]"),
    "empty concat": ("[2]", "[]", "concat is empty", "[]"),
    "range of three": ("range(2, 3)", "range(2, 3, 1)", "range.start, stop.", "range(2, 3, 1)"),
    "other call": ("range(2, 3)", "set(2, 3)", "expected 'range", "set(2, 3)"),
    "misspelt field": ("reduce_concat", "reduce_concats", "mean 'reduce_concat'", "reduce_concats"),
    "field twice": ("reduce_concat", "normal_concat", "given twice", "normal_concat=range"),
    "field missing": (", reduce_concat=range(2, 3)", "", "missing reduce_concat", "Genotype"),
    "odd pairs": ("('skip_connect', 0), ", "", "1 pairs .* 2 per node", "[('sep_conv_3x3', 1)]"),
    "pair and triple": ("('skip_connect', 0)", "('skip_connect', 2, 0)", "mixed", "('sep_conv"),
    "entry of one": (", 0), ('sep", "), ('sep", "an entry of 1 values", "('skip_connect')"),
    "source first": ("('skip_connect', 0)", "(0, 'skip_connect')", "name in quotes", "0, 'skip"),
    "no quotes": ("'skip_connect'", "skip_connect", "name in quotes", "skip_connect"),
    "open string": ("'sep_conv_3x3'", "'sep_conv_3x3", "unclosed quote", "'sep_conv_3x3, 1"),
    "missing comma": ("0), (", "0) (", "expected ',' or ']', found '\\('", "('sep_conv_3x3'"),
    "wrong bracket": ("1)], normal", "1)), normal", "or ']', found '\\)'", "), normal"),
    "text after": ("range(2, 3))", "range(2, 3)) + 1", "expected nothing after", "+ 1"),
    "two genotypes": ("range(2, 3))", "range(2, 3)) x", "nothing after", "x"),
    "other name": ("Genotype(", "Genotypes(", "expected 'Genotype", "Genotypes("),
    "cut off": ("max_pool_3x3', 0)], reduce_concat=range(2, 3))", "", "unclosed quote", "'"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_an_error_shows_where_and_what_is_allowed(case):
    old, new, message, at = DAMAGED[case]
    text = "\n\n" + TOLERATED["plain"].replace(old, new, 1)
    with pytest.raises(GenotypeError, match=message) as caught:
        from_text(text, origin="net.txt")
    first, *_, excerpt, caret = str(caught.value).split("\n")
    assert first.startswith("net.txt, line 3, column ")
    column = int(first.split("column ")[1].split(":")[0])
    assert excerpt[caret.index("^") :].startswith(at[:30])
    assert text.split("\n")[2][column - 1 :].startswith(at)


def test_other_types_than_text_are_refused():
    with pytest.raises(GenotypeError, match="expected a string, not None"):
        from_text(None)
