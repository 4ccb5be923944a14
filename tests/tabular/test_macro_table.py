"""The NAS-Bench-Macro table."""

import json

import pytest

from dartsx.tabular import TableError, load_macro


def test_look_ups():
    table = load_macro()
    assert len(table.frame) == 3**8
    assert table.best() == ("22212220", pytest.approx(93.1267, abs=1e-4))
    assert table.accuracy("00000000") == pytest.approx(45.3633, abs=1e-4)
    assert table.accuracies("00000001") == (64.34, 64.21, 64.12)
    assert table.params("22212220") == 1_985_514 and table.flops("22212220") == 85_164_544
    for wrong in ("0000000", "00000003", 5):
        with pytest.raises(TableError, match="allowed: eight digits"):
            table.accuracy(wrong)


def test_its_authors_json(tmp_path):
    path = tmp_path / "nas-bench-macro_cifar10.json"
    entry = {"test_acc": [1.0, 2.0, 3.0], "mean_acc": 2.0, "std": 0.8, "params": 10, "flops": 20}
    path.write_text(json.dumps({"00000012": entry}))
    table = load_macro(path)
    assert table.accuracies("00000012") == (1.0, 2.0, 3.0) and table.params("00000012") == 10
    with pytest.raises(TableError, match="has no architecture 00000000"):
        table.accuracy("00000000")
    path.write_text("{")
    with pytest.raises(TableError, match="is not NAS-Bench-Macro's JSON"):
        load_macro(path)
    with pytest.raises(TableError, match="no NAS-Bench-Macro table at"):
        load_macro(tmp_path / "none.csv")
