import json
import math

import jax.numpy as jnp
import numpy as np
import pytest

from dartsx.runtime import JsonLines, read_records, truncate_after


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = JsonLines(path)
    for step in range(5):
        lines.append({"step": step, "loss": 1 / (step + 3)})
    lines.close()
    return path


def test_numbers_read_back_exactly(tmp_path):
    rng = np.random.default_rng(0)
    doubles = [*rng.standard_normal(50) * 10.0 ** rng.integers(-300, 300, 50), 5e-324, 0.1 + 0.2]
    singles = rng.standard_normal(50).astype(np.float32)
    half = jnp.asarray(singles, jnp.bfloat16)
    with JsonLines(tmp_path / "x.jsonl") as lines:
        lines.append({"doubles": doubles, "singles": singles, "one": singles[0], "half": half})
    (record,) = read_records(tmp_path / "x.jsonl")
    assert record["doubles"] == doubles
    assert np.array_equal(np.array(record["singles"], np.float32), singles)
    assert np.float32(record["one"]) == singles[0]
    assert np.array_equal(jnp.asarray(record["half"], jnp.bfloat16), half)


def test_nan_and_infinity_are_strict_json(tmp_path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    with JsonLines(tmp_path / "x.jsonl") as lines:
        lines.append({"a": math.nan, "b": np.float32(np.inf), "c": jnp.array([-np.inf, 1.0])})
    record = json.loads((tmp_path / "x.jsonl").read_text(), parse_constant=refuse)
    assert record == {"a": "NaN", "b": "Infinity", "c": ["-Infinity", 1.0]}
    assert math.isnan(float(record["a"])) and float(record["c"][0]) == -math.inf


def test_each_record_is_on_disk_at_once(tmp_path):
    with JsonLines(tmp_path / "x.jsonl") as lines:
        lines.append({"step": 1})
        assert (tmp_path / "x.jsonl").read_bytes() == b'{"step": 1}\n'


def test_what_has_no_json_form_is_refused(tmp_path):
    with JsonLines(tmp_path / "x.jsonl") as lines, pytest.raises(TypeError, match="object"):
        lines.append({"a": object()})
    assert read_records(tmp_path / "x.jsonl") == []


def test_truncation_keeps_earlier_records_byte_for_byte(log):
    before = log.read_bytes().splitlines(keepends=True)
    assert truncate_after(log, "step", 2) == 2
    assert log.read_bytes() == b"".join(before[:3])
    assert truncate_after(log, "step", 2) == 0
    assert truncate_after(log, "step", -1) == 3
    assert log.read_bytes() == b""


@pytest.mark.parametrize("half", [b'{"step": 5, "lo', b'{"step": 5}', b'{"step": 5, "l\n', b"\0\0"])
def test_half_a_line_at_the_end_is_dropped(log, half):
    before = log.read_bytes()
    log.write_bytes(before + half)
    assert len(read_records(log)) == 5
    assert truncate_after(log, "step", 99) == 1
    assert log.read_bytes() == before


def test_damage_before_the_end_is_an_error_and_changes_nothing(log):
    lines = log.read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[0], b'{"step\n', *lines[2:]])
    log.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2"):
        truncate_after(log, "step", 3)
    assert log.read_bytes() == damaged


def test_record_without_the_key_is_an_error(log):
    with pytest.raises(ValueError, match="'epoch'.*'loss', 'step'"):
        truncate_after(log, "epoch", 1)


def test_missing_file_stays_missing(tmp_path):
    assert truncate_after(tmp_path / "none.jsonl", "step", 3) == 0
    assert read_records(tmp_path / "none.jsonl") == []
    assert not (tmp_path / "none.jsonl").exists()
