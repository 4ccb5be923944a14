"""A comma separates, unless it belongs to the name of something that exists."""

import pytest

from dartsx.experiments.settings.lists import folders, listed


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "lr=0.1,wd=0", "lr=0.1,wd=1", "[a]", "2024-01-01T10:30:00"):
        (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a,b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["a, b,"], ["a", "b"]),
        (["lr=0.1,wd=0"], ["lr=0.1,wd=0"]),
        (["a,lr=0.1,wd=0,b"], ["a", "lr=0.1,wd=0", "b"]),
        (["lr=0.1,wd=*"], ["lr=0.1,wd=0", "lr=0.1,wd=1"]),
        (["[a]"], ["[a]"]),
        (["[ab]"], ["a", "b"]),
        (["2024-01-01T10:30:00"], ["2024-01-01T10:30:00"]),
        (["none,a"], ["none", "a"]),
    ],
)
def test_folders_of_a_list(given, expected):
    assert folders(given) == expected


def test_what_exists_may_be_asked_otherwise():
    assert listed("x,y,z", exists=lambda name: name == "x,y") == ["x,y", "z"]
    assert listed("") == []
