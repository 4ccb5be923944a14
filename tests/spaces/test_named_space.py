"""Spaces by name, and a user's own as module:attribute."""

import pytest

from dartsx.spaces import SPACES, CellSpace, SpaceError, named_space

OWN_FILE = """
from dartsx.spaces import CellSpace
mine = CellSpace(num_nodes=1)
number = 3
"""


def test_a_space_of_a_users_own_is_found_beside_the_command(tmp_path, monkeypatch):
    (tmp_path / "own_space_beside.py").write_text(OWN_FILE)
    monkeypatch.chdir(tmp_path)
    space = named_space("own_space_beside:mine")
    assert space == CellSpace(num_nodes=1) and named_space("own_space_beside:mine") is space


def test_a_space_of_an_importable_module_is_found():
    assert named_space("dartsx.spaces.robust_darts:S1") is SPACES["s1"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dart", "unknown space 'dart' .did you mean 'darts'.*; allowed: darts, .*, or module:attribute of your own"),
        ("no_such_module:x", "space no_such_module:x cannot be loaded: ModuleNotFoundError: No module named"),
        ("own_broken:x", "space own_broken:x cannot be loaded: ZeroDivisionError: division by zero"),
        ("own_good:other", "space own_good:other cannot be loaded: AttributeError: .*no attribute 'other'"),
        ("own_good:number", "own_good:number is a int, not a space"),
        (":x", "space :x cannot be loaded"),
    ],
)
def test_spaces_that_cannot_be_loaded_are_named_in_one_line(name, message, tmp_path, monkeypatch):
    (tmp_path / "own_good.py").write_text(OWN_FILE)
    (tmp_path / "own_broken.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpaceError, match=message) as error:
        named_space(name)
    assert "\n" not in str(error.value)
