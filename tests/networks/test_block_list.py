"""Lists of blocks: exact counts of the published networks, files, and what is refused."""

import json
import pathlib

import pytest

from dartsx.networks import block_list, names, network

TINY = {
    "resolution": 32,
    "stem": {"kernel": 3, "width": 8, "stride": 2, "activation": "relu"},
    "blocks": [
        ["ds", 3, 8, 8, 1, 0, "relu", True, 1],
        ["ir", 5, 16, 12, 2, 4, "h_swish", False, 1],
        ["skip", 1, 12, 12, 1, 0, "", True, 1],
    ],
    "head": [[1, 20, True, False, "relu"], "pool", [1, 30, False, True, "relu"]],
}
STEM, DS, IR = 27 * 8 + 16, (9 * 8 + 16) + (64 + 16), (8 * 16 + 32) + (25 * 16 + 32) + (64 + 4 + 64 + 16) + 16 * 12 + 24
HEAD = 12 * 20 + 40 + 20 * 30 + 30 + 31 * 1000


@pytest.fixture(scope="module")
def records():
    file = pathlib.Path(__file__).parents[2].parent / "shared" / "reference" / "chains" / "chain_networks.json"
    if not file.is_file():
        pytest.skip(f"needs the collected networks beside the checkout: {file}")
    return json.loads(file.read_text())["networks"]


def test_all_collected_networks_have_their_exact_counts_by_name(records):
    counted = 0
    for name, record in records.items():
        named, read = network(name), block_list.from_record(name, record)
        assert (named.params(), named.macs(read.image_size)) == (read.params(), read.macs()), name
        if counts := record.get("counts"):
            assert (read.params(), read.macs()) == (counts["params"], counts["macs"]), name
            counted += 1
    assert (len(records), counted) == (84, 20)


def test_shipped_networks_are_the_collected_ones(records):
    own = {"MnasNet-A1", "MnasNet-B1", "MobileNetV2", "EfficientNet-B0", "MobileNetV3-Large", "MobileNetV3-Small"}
    assert set(block_list.shipped()) == set(records) - own
    assert set(block_list.shipped()) <= set(names())


def test_parameters_by_hand():
    assert block_list.from_record("tiny", TINY).params() == STEM + DS + IR + HEAD


def test_expansions_that_keep_the_width_and_grouped_projections():
    grouped = {**TINY, "blocks": [["ir", 3, 8, 8, 1, 0, "relu", True, 2], *TINY["blocks"][1:]]}
    assert block_list.from_record("tiny", grouped).params() == STEM + (64 + 16) + DS - 32 + IR + HEAD


def test_a_skip_that_strides_is_a_convolution():
    strided = {**TINY, "blocks": [*TINY["blocks"][:2], ["skip", 1, 12, 16, 2, 0, "", False, 1]]}
    assert block_list.from_record("tiny", strided).params() == STEM + DS + IR + 12 * 16 + 32 + HEAD + 4 * 20


def test_files_are_networks(tmp_path):
    alone, many = tmp_path / "mine.json", tmp_path / "many.json"
    alone.write_text(json.dumps(TINY))
    many.write_text(json.dumps({"about": "two", "networks": {"a": TINY, "b": {**TINY, "resolution": 64}}}))
    assert network(str(alone)).name == "mine" and network(str(alone), 7).classes == 7
    assert network(f"{many}:b").macs() == network(str(alone)).macs(64)
    with pytest.raises(ValueError, match=r"many.json holds a, b: name one as .*many.json:NAME"):
        network(str(many))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": [["cd", 3, 8, 8, 1, 0, "relu", True, 1]]}, "unknown kind of x's block 0 'cd'"),
        ({"blocks": [["ds", 3, 8]]}, "x, block 0: needs kind, kernel, expanded"),
        ({"blocks": [["ds", 3, 8, 8, 1, 0, "relux", True, 1]]}, r"unknown activation of x, block 0, 'relux' \(did you"),
        ({"blocks": [["ds", 3, 8, 0, 1, 0, "relu", True, 1]]}, "features must be a whole number above 0, got 0"),
        ({"blcks": []}, r"unknown key of x 'blcks' \(did you mean blocks"),
        ({"head": [[1, 2]]}, "x, row 0 of the head: needs kernel, width"),
        ({"resolution": 0}, "x: resolution must be a whole number above 0"),
        ({"se_gate": "hard"}, "unknown activation 'hard'"),
    ],
)
def test_wrong_records_are_refused(tmp_path, change, message):
    file = tmp_path / "x.json"
    file.write_text(json.dumps({**TINY, **change}))
    with pytest.raises(ValueError, match=message):
        network(str(file)).trace()


def test_missing_and_broken_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="none.json: No such file"):
        network(str(tmp_path / "none.json"))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ValueError, match="broken.json: Expecting"):
        network(str(tmp_path / "broken.json"))
    (tmp_path / "broken.json").write_text(json.dumps({"networks": {"a": {"blocks": []}}}))
    with pytest.raises(ValueError, match="a: a network needs resolution, stem, blocks, head"):
        network(str(tmp_path / "broken.json"))
