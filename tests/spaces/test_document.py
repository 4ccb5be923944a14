"""The JSON form: what is written, what is read, and the path in errors."""

import json

import pytest

from dartsx.spaces import GenotypeError, from_json, published, to_json


def test_the_document_holds_plain_values_and_a_schema_version():
    document = to_json(published("PDARTS"))
    assert document["schema"] == 1
    assert document["normal"][:2] == [["skip_connect", 0], ["dil_conv_3x3", 1]]
    assert document["normal_concat"] == [2, 3, 4, 5]
    assert json.loads(json.dumps(document)) == document


def test_documents_of_other_projects_are_read():
    document = to_json(published("PDARTS"))
    del document["schema"]
    document |= {"paper": "arXiv:1904.12760", "counts": {}}
    assert from_json(document) == published("PDARTS")
    assert from_json(json.dumps(document).encode()) == published("PDARTS")


def test_the_genotype_of_a_result_is_read():
    result = {"genotype": to_json(published("PDARTS")), "seconds": 1.5}
    assert from_json(result) == published("PDARTS")
    result["genotype"]["normal"][1][1] = 7
    with pytest.raises(GenotypeError, match=r"genotype JSON, genotype, normal\[1\]\[1\]: source 7"):
        from_json(result)


BAD = {
    "primitive": (("normal", 3, 0), "sep-conv", r"normal\[3\]\[0\]: .* digits and _: got 'sep-conv'"),
    "source": (("reduce", 7, 1), 5, r"reduce\[7\]\[1\]: source 5 .* allowed: 0 to 4"),
    "source type": (("reduce", 0, 1), 0.0, r"reduce\[0\]\[1\]: a source must be an integer"),
    "boolean": (("reduce", 0, 1), True, r"reduce\[0\]\[1\]: .* not True"),
    "entry type": (("reduce", 2), "skip_connect", r"reduce\[2\]: expected a list, not 'skip_"),
    "entry length": (("reduce", 2), [], r"reduce\[2\]: an entry of 0 values"),
    "cell type": (("reduce",), {"edges": []}, r"reduce: expected a list, not \{'edges': \[\]\}"),
    "concat": (("normal_concat", 1), 8, r"normal_concat\[1\]: node 8 is not in this cell"),
    "concat type": (("normal_concat",), None, r"normal_concat: expected a list, not None"),
    "concat twice": (("normal_concat",), [2, 2], r"normal_concat: .* more than once"),
    "schema": (("schema",), 2, r"schema: version 2 is not known; this version reads 1"),
    "schema type": (("schema",), True, r"schema: version True"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_error_names_the_path_of_the_field(case):
    path, value, message = BAD[case]
    document = to_json(published("DARTS_V1"))
    *parents, last = path
    place = document
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(GenotypeError, match=f"^genotype JSON, {message}"):
        from_json(document)


def test_a_missing_field_is_named():
    document = to_json(published("DARTS_V1"))
    document["reduceconcat"] = document.pop("reduce_concat")
    with pytest.raises(GenotypeError, match="missing reduce_concat; given: .*reduceconcat"):
        from_json(document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ('{"normal": [}', "not valid JSON.*line 1 column 13"),
        (b"\xff\x00", "not valid JSON"),
        ("[1, 2]", r"expected an object with normal, .*, not \[1, 2\]"),
        ('{"genotype": null}', "genotype: expected an object"),
        ("1" + "0" * 5000, "not valid JSON"),
        (" " * 1_000_001, "longer than the 1000000 characters"),
    ],
)
def test_text_that_holds_no_document_is_refused(text, message):
    with pytest.raises(GenotypeError, match=message):
        from_json(text, origin="x.json")
