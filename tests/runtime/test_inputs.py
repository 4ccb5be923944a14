"""A run goes on with what it began with, wherever that lies."""

import re

import pytest

from dartsx.runtime import Input, WorkdirError, open_workdir, read_json, write_json

CONFIG = {"seed": 1, "dataset": {"name": "folder:node1"}}
MOVED = {"seed": 1, "dataset": {"name": "folder:node2"}}


def data(train=16, digits="a"):
    content = {"train": train, "hashed": "pixels and labels", "fingerprint": f"sha256:{digits * 64}"}
    return {"data": Input(content, ("dataset.name", "dataset.data_dir"))}


def begin(folder, status="stopped", **given):
    with open_workdir(folder, CONFIG, "search", **given) as workdir:
        workdir.update_run(status=status)


def test_inputs_are_recorded(tmp_path):
    begin(tmp_path, inputs=data())
    assert read_json(tmp_path / "run.json")["inputs"] == {"data": dict(data()["data"].content)}


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
@pytest.mark.parametrize("config", [CONFIG, MOVED])
def test_other_content_is_refused_and_named_in_one_line(tmp_path, status, config):
    begin(tmp_path, status, inputs=data())
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(WorkdirError) as caught:
        open_workdir(tmp_path, config, "search", inputs=data(train=24, digits="b"))
    told = r"data: train 16 -> 24, fingerprint sha256:aaaaaaaaa\.\.\. -> sha256:bbbbbbbbb\.\.\."
    assert re.search(told, str(caught.value)) and "\n" not in str(caught.value)
    assert ("(dataset.name='folder:node2')" in str(caught.value)) == (config is MOVED)
    assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize("status", ["stopped", "finished"])
def test_the_same_content_may_have_moved(tmp_path, status):
    begin(tmp_path, status, inputs=data())
    with open_workdir(tmp_path, MOVED, "search", inputs=data()) as workdir:
        assert workdir.resumed and workdir.finished == (status == "finished")
        resumes = workdir.run_record().get("resumes", [])
    assert [each["config"] for each in resumes] == ([] if workdir.finished else [{"dataset.name": "folder:node2"}])


def test_another_field_must_not_differ_though_the_content_is_the_same(tmp_path):
    begin(tmp_path, inputs=data())
    with pytest.raises(WorkdirError, match="seed: 1 -> 2"):
        open_workdir(tmp_path, MOVED | {"seed": 2}, "search", inputs=data())


def test_a_run_that_recorded_nothing_goes_on_and_counts_from_then_on(tmp_path):
    begin(tmp_path)
    record = read_json(tmp_path / "run.json")
    del record["inputs"]
    write_json(tmp_path / "run.json", record)
    with pytest.raises(WorkdirError, match="dataset.name: 'folder:node1' -> 'folder:node2'"):
        open_workdir(tmp_path, MOVED, "search", inputs=data())
    open_workdir(tmp_path, CONFIG, "search", inputs=data()).close()
    with pytest.raises(WorkdirError, match="other inputs"):
        open_workdir(tmp_path, CONFIG, "search", inputs=data(train=24))


def test_a_folder_whose_name_is_no_utf8_is_refused(tmp_path):
    with pytest.raises(WorkdirError, match=r"r\\udce9s is no UTF-8; choose another path"):
        open_workdir(tmp_path / "r\udce9s", CONFIG, "search")
