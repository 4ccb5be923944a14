"""Genotypes as other projects write them: read where unambiguous, never wrongly, else told how."""

import json

import pytest
from mutation import mutations

from dartsx.spaces import Genotype, GenotypeError, from_text, nb201, published, resolve_genotype, to_json

PAIRS = "[('sep_conv_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('dil_conv_3x3', 2)]"
PLAIN = f"Genotype(normal={PAIRS}, normal_concat=range(2, 4), reduce={PAIRS}, reduce_concat=range(2, 4))"
EXPECTED = from_text(PLAIN)
OTHER = PLAIN.replace("skip_connect", "max_pool_3x3")
GROUPED = "[[('sep_conv_3x3', 0), ('skip_connect', 1)], [('sep_conv_3x3', 0), ('dil_conv_3x3', 2)]]"
DICTIONARY = f"{{'normal': {PAIRS}, 'normal_concat': range(2, 4), 'reduce': {PAIRS}, 'reduce_concat': (2, 3)}}"
MODULE = f"""
from collections import namedtuple
Genotype = namedtuple('Genotype', 'normal normal_concat reduce reduce_concat')
PRIMITIVES = ['none', 'skip_connect']  # no genotype
# OLD = Genotype(normal=[])
FIRST = {PLAIN}
SECOND = {OTHER}
BEST = SECOND
"""

SPELLINGS = {
    "grouped by node": PLAIN.replace(PAIRS, GROUPED),
    "grouped in tuples": PLAIN.replace(PAIRS, GROUPED.replace("[(", "((").replace(")]", "))")),
    "weights": PLAIN.replace("1)", "1, 1e-3)").replace("0)", "0, 0.21)").replace("', 2)", "', 2, .5)"),
    "weights of NumPy and PyTorch": PLAIN.replace("0)", "0, np.float32(0.2))")
    .replace("1)", "1, tensor(0.1))")
    .replace("', 2)", "', 2, 0.5)"),
    "grouped, with weights": PLAIN.replace(PAIRS, GROUPED.replace("0)", "0, 0.5)")),
    "integers of NumPy": PLAIN.replace("', 0)", "', np.int64(0))"),
    "range in a list": PLAIN.replace("range(2, 4)", "list(range(2, 4))"),
    "range in a tuple": PLAIN.replace("range(2, 4)", "tuple(range(2,4))"),
    "triples, source first": PLAIN.replace("0), ('skip", "0, 2), ('skip")
    .replace("1)", "1, 2)")
    .replace("0), ('dil", "0, 3), ('dil")
    .replace("', 2)]", "', 2, 3)]"),
    "log line": f"2020-01-01 12:00:00,000 genotype = {PLAIN}\n",
    "log": f"06/01 10:00 AM epoch #3 lr 2.5e-2\n06/01 genotype = {PLAIN}\ntensor([[0.1]])\n[it's over]\n",
    "bracketed time": f"[2020-01-01] INFO: {PLAIN}",
    "byte order mark and line ends": f"\ufeffX = {PLAIN}\r\n",
    "several equal": f"A = {PLAIN}\nB = {PLAIN}\n",
    "fields of AutoDL": PLAIN[:-1] + ", connectN=None, connects=None)",
    "Python dictionary": DICTIONARY,
    "assigned dictionary": "genotype = " + DICTIONARY,
    "call of dict": f"dict(normal={PAIRS}, normal_concat=[2, 3], reduce={GROUPED}, reduce_concat=list(range(2, 4)))",
    "ordered dictionary": f"OrderedDict({DICTIONARY})",
    "one in a dictionary": f"{{'epoch': 3, 'best': {DICTIONARY}}}",
    "text in JSON": json.dumps({"genotype": PLAIN, "accuracy": 97.0}),
    "string of JSON": json.dumps(PLAIN),
    "JSON by node": json.dumps(
        to_json(EXPECTED)
        | {"normal": [[["sep_conv_3x3", 0], ["skip_connect", 1]], [["sep_conv_3x3", 0, 0.5], ["dil_conv_3x3", 2, 0.5]]]}
    ),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_a_spelling_of_one_genotype_is_read(case, tmp_path):
    path = tmp_path / "genotype.txt"
    path.write_text(SPELLINGS[case], encoding="utf-8", newline="")
    assert resolve_genotype(path)[0] == EXPECTED


CELL = nb201.cell_at(6111)
TOPOLOGIES = {
    "structure": f"Structure(4 nodes with {CELL})",
    "log": f"[001-050] 10:00 genotype : CellStructure(4 nodes with {CELL}) | loss 0.1\n",
    "wrapped at nodes": str(CELL).replace("+", "+\n"),
    "wrapped anywhere": f"{str(CELL)[:30]}\n  {str(CELL)[30:]}",
    "assigned": f"arch = '{CELL}'",
    "nodes in tuples": repr([tuple((e.primitive, e.source) for e in CELL.inputs(i)) for i in (1, 2, 3)]),
    "nodes in JSON": json.dumps([[[e.primitive, e.source] for e in CELL.inputs(i)] for i in (1, 2, 3)]),
    "in JSON": json.dumps({"index": 6111, "arch_str": str(CELL)}),
}


@pytest.mark.parametrize("case", TOPOLOGIES)
def test_a_spelling_of_one_topology_is_read(case):
    assert resolve_genotype(TOPOLOGIES[case]) == (CELL, "given text")


REFUSED = {
    "several": (MODULE, "several genotypes: choose one of FIRST, SECOND; written FILE:SECOND"),
    "several in a log": (f"genotype = {PLAIN}\n" * 2 + f"genotype = {OTHER}", "choose one of 1, 2, 3"),
    "several in JSON": (
        json.dumps({"A": to_json(EXPECTED), "B": to_json(published("PDARTS"))}),
        "choose one of A, B",
    ),
    "several topologies": (f"{CELL}\n{nb201.cell_at(1)}\n", "choose one of 1, 2"),
    "one cell": (PAIRS, "entries of one cell; a genotype has normal"),
    "positional": (f"Genotype({PAIRS}, range(2, 4), {PAIRS}, range(2, 4))", "fields without names; write each"),
    "replaced fields": (PLAIN + "._replace(normal=[])", "expected nothing after"),
    "other connections": (PLAIN[:-1] + ", connectN=2)", "expected None, found"),
    "computed range": (PLAIN.replace("range(2, 4)", "range(2+2-2, 4)"), "line 1, column"),
    "code in a dictionary": (DICTIONARY.replace("(2, 3)", "open('/etc/passwd')"), "only literals, list and range"),
    "key twice": (DICTIONARY.replace("'reduce'", "'normal'"), "a key is given twice"),
    "cut at a node": (f"Structure(4 nodes with {str(CELL).rpartition('+')[0]})", "4 nodes are said, the string has 3"),
    "cut inside": (f"log: {str(CELL)[:-9]}", "is not primitive~source|does not stand between"),
    "mixed": (PLAIN.replace("[('sep", "[[('sep", 1).replace("1), ", "1)], ", 1), "mixed; by node every item"),
    "triples of both orders": (
        "Genotype(normal=[('skip_connect', 0, 2), ('skip_connect', 3, 1)], normal_concat=[2, 3], reduce=[], "
        "reduce_concat=[2])",
        "node 0 is no intermediate node",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_ambiguous_or_no_genotype_is_named(case, tmp_path):
    text, message = REFUSED[case]
    path = tmp_path / "genotypes.py"
    path.write_text(text)
    with pytest.raises(GenotypeError, match=message) as caught:
        resolve_genotype(path)
    assert str(caught.value).startswith(f"{path}")


def test_one_of_several_is_chosen_by_name_alias_or_number(tmp_path):
    path = tmp_path / "10:30:00.py"  # a colon of its own
    path.write_text(MODULE)
    for choice, text in {"FIRST": PLAIN, "SECOND": OTHER, "BEST": OTHER}.items():
        assert resolve_genotype(f"{path}:{choice}") == (from_text(text), f"{path}:{choice}")
    with pytest.raises(GenotypeError, match="unknown genotype 'FRIST' .did you mean 'FIRST'"):
        resolve_genotype(f"{path}:FRIST")
    path.write_text(f"genotype = {PLAIN}\ngenotype = {OTHER}\n")
    assert resolve_genotype(f"{path}:2")[0] == from_text(OTHER)


def test_an_existing_file_comes_before_a_choice(tmp_path):
    (tmp_path / "a.py").write_text(MODULE)
    (tmp_path / "a.py:FIRST").write_text(OTHER)
    assert resolve_genotype(tmp_path / "a.py:FIRST")[0] == from_text(OTHER)


@pytest.mark.parametrize("seed", [MODULE, PLAIN, DICTIONARY, SPELLINGS["log"], TOPOLOGIES["structure"], "json"])
def test_fuzz_damaged_files_are_read_as_genotypes_or_refused(seed, tmp_path):
    """2,400 mutations in all; a genotype that is read survives being written and read again."""
    content = json.dumps(to_json(EXPECTED)) if seed == "json" else seed
    path = tmp_path / "genotype"
    for damaged in mutations(content.encode(), 0, 400):
        path.write_bytes(damaged)
        try:
            genotype, _ = resolve_genotype(path)
        except GenotypeError:
            continue
        if isinstance(genotype, Genotype):
            assert from_text(str(genotype)) == genotype
