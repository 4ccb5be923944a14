"""A genotype is found from a name, a text, a file or a work directory."""

import json

import pytest

from dartsx.spaces import GenotypeError, published, resolve_genotype, to_json

GENOTYPE = published("PDARTS")


def test_a_published_name():
    assert resolve_genotype("PDARTS") == (GENOTYPE, "PDARTS")
    assert resolve_genotype("p-darts") == (GENOTYPE, "PDARTS")


def test_the_text_and_the_json_themselves():
    assert resolve_genotype(str(GENOTYPE)) == (GENOTYPE, "given text")
    assert resolve_genotype(json.dumps(to_json(GENOTYPE))) == (GENOTYPE, "given text")


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("form", [lambda genotype: json.dumps(to_json(genotype))])
def test_a_file_of_either_form_whatever_its_name(tmp_path, form, bom):
    path = tmp_path / "found.genotype"
    path.write_text(bom + form(GENOTYPE), encoding="utf-8")
    assert resolve_genotype(path) == (GENOTYPE, str(path))
    assert resolve_genotype(str(path)) == (GENOTYPE, str(path))


def test_the_work_directory_of_a_search(tmp_path):
    (tmp_path / "genotype.json").write_text(json.dumps(to_json(GENOTYPE)))
    assert resolve_genotype(tmp_path) == (GENOTYPE, str(tmp_path))


def test_an_exact_name_comes_before_a_path_and_a_loose_one_after(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PDARTS", "pdarts"):
        (tmp_path / name).write_text(str(published("GDAS_V1")))
    assert resolve_genotype("PDARTS") == (GENOTYPE, "PDARTS")
    assert resolve_genotype("pdarts") == (published("GDAS_V1"), "pdarts")


def test_custom_primitives_reach_files(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(to_json(GENOTYPE)).replace("skip_connect", "my_skip"))
    genotype, _ = resolve_genotype(path)
    assert genotype.normal.edges[0].primitive == "my_skip"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("PDARTZ", "did you mean 'PDARTS'.*allowed: a published name, .* work directory"),
        ("runs/none/genotype.json", "no such path: 'runs/none/genotype.json'"),
        ("", "no genotype: ''"),
        ("a\0b", "unknown published genotype"),
        ("x" * 10_000, "unknown published genotype"),
        (None, "no genotype: None"),
        (b"PDARTS", "no genotype: b'PDARTS'"),
        ("Genotype(normal=[", "given text, line 1, column 18"),
        ("{}", "given text: missing normal"),
    ],
)
def test_what_is_no_genotype_is_refused(given, message):
    with pytest.raises(GenotypeError, match=message):
        resolve_genotype(given)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1"),
        (b"\xff\xfe\x00\x01", "not a text file"),
        (b'{"normal": [', "not valid JSON"),
        (b" " * 1_000_001, "1000000"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(GenotypeError, match=f"bad.json.*{message}"):
        resolve_genotype(path)


def test_a_folder_without_genotype_says_what_it_is(tmp_path):
    with pytest.raises(GenotypeError, match="not the work directory of a search"):
        resolve_genotype(tmp_path)
    (tmp_path / "run.json").write_text('{"kind": "search", "status": "stopped"}')
    with pytest.raises(GenotypeError, match="a search with status 'stopped', not a finished"):
        resolve_genotype(tmp_path)
