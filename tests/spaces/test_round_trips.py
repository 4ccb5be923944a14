"""Properties of the text and the JSON form over random genotypes and random damage."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dartsx.spaces import (
    NONE,
    PRIMITIVES,
    Cell,
    Edge,
    Genotype,
    GenotypeError,
    from_json,
    from_text,
    published,
    to_json,
)

NAMES = [name for name in PRIMITIVES if name != NONE]
CLASSIC = str(published("DARTS_V2"))
DOCUMENT = json.dumps(to_json(published("FairDARTS_a")))
SYMBOLS = "()[]{},='\"#:0123456789abnrstu \t\r\n\\\0\x1b\u00e9\u2019\ud800"

relaxed = settings(deadline=None, max_examples=200)


@st.composite
def cells(draw) -> Cell:
    last = draw(st.integers(2, 8))
    nodes = st.integers(2, last)
    if draw(st.booleans()):
        targets = [node for node in range(2, last + 1) for _ in range(2)]
    else:
        targets = draw(st.lists(nodes, max_size=12))
    edges = [Edge(draw(st.sampled_from(NAMES)), draw(st.integers(0, node - 1)), node) for node in targets]
    return Cell(tuple(edges), tuple(draw(st.lists(nodes, min_size=1, unique=True))))


genotypes = st.builds(Genotype, cells(), cells())


@relaxed
@given(genotypes)
def test_text_round_trip(genotype):
    assert from_text(str(genotype)) == genotype


@relaxed
@given(genotypes)
def test_json_round_trip(genotype):
    assert from_json(to_json(genotype)) == genotype
    assert from_json(json.dumps(to_json(genotype))) == genotype


@st.composite
def damaged(draw, text: str) -> str:
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        size = draw(st.integers(1, 12))
        noise = draw(st.text(SYMBOLS, max_size=8))
        kind = draw(st.sampled_from(["delete", "insert", "replace", "truncate", "repeat"]))
        if kind == "truncate":
            text = text[:at]
        elif kind == "repeat":
            text = text[:at] + text[at : at + size] * 3 + text[at + size :]
        else:
            inserted = "" if kind == "delete" else noise
            text = text[:at] + inserted + text[at if kind == "insert" else at + size :]
    return text


@settings(deadline=None, max_examples=1500)
@given(damaged(CLASSIC))
def test_fuzz_damaged_text_is_read_as_a_genotype_or_refused(text):
    try:
        assert isinstance(from_text(text), Genotype)
    except GenotypeError as error:
        assert "line" in str(error) or "several genotypes" in str(error)


@settings(deadline=None, max_examples=1500)
@given(damaged(DOCUMENT))
def test_fuzz_damaged_json_is_read_as_a_genotype_or_refused(text):
    try:
        assert isinstance(from_json(text), Genotype)
    except GenotypeError as error:
        assert "genotype JSON" in str(error)


@relaxed
@given(st.binary(max_size=80))
@example(b"\xff\xfe{")
def test_fuzz_bytes_are_refused(noise):
    with pytest.raises(GenotypeError):
        from_json(noise)
    with pytest.raises(GenotypeError):
        from_text(noise.decode("latin-1"))


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@relaxed
@given(st.sampled_from(["normal", "normal_concat", "reduce", "reduce_concat", "schema"]), values)
@example("normal", [["skip_connect", 0], ["skip_connect", []]])
@example("schema", [1])
def test_fuzz_foreign_values_in_a_document_are_refused_with_their_path(field, value):
    document = to_json(published("DARTS_V2")) | {field: value}
    try:
        assert isinstance(from_json(document), Genotype)
    except GenotypeError as error:
        assert f"genotype JSON, {field.removesuffix('_concat')}" in str(error)


HOSTILE = {
    "deep lists": "Genotype(normal=" + "[" * 100_000,
    "deep calls": "Genotype(" * 50_000,
    "deep and closed": "Genotype(normal=" + "[" * 5000 + "]" * 5000 + ")",
    "long number": "Genotype(normal=[('skip_connect', " + "9" * 10_000 + ")])",
    "long range": "Genotype(normal_concat=range(2, 999999999))",
    "many nodes": "Genotype(normal_concat=[" + "2," * 200_000 + "])",
    "many pairs": CLASSIC.replace("[", "[" + "('skip_connect', 0), " * 5000, 1),
    "long name": "Genotype(" + "normal" * 10_000 + "=[])",
    "too long": " " * 2_000_000,
    "null": "\0",
    "empty": "",
    "lone surrogate": "\ud800",
    "code": "__import__('os').system('true')",
    "code inside": CLASSIC.replace("range(2, 6)", "range(2, int('6'))"),
    "expression": CLASSIC.replace("range(2, 6)", "range(2, 3 + 3)"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused(case):
    with pytest.raises(GenotypeError) as caught:
        from_text(HOSTILE[case])
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", ["[" * 100_000, '{"normal":' * 100_000, '{"normal": ' + "[" * 900 + "]" * 900 + "}"])
def test_deeply_nested_json_is_refused(text):
    with pytest.raises(GenotypeError):
        from_json(text)
