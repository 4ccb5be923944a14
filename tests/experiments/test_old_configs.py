"""Configs of earlier versions: what came later is as before, in a new directory and in the old one."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from ml_collections import ConfigDict
from mutation import mutations

from dartsx.catalog import SCHEMA, as_before, completed
from dartsx.catalog.as_before import LATER
from dartsx.configs.base import base
from dartsx.experiments.jobs.setup import comparison, resolved
from dartsx.experiments.settings import SettingsError, evaluate_settings, load_config, parse_config, search_settings
from dartsx.runtime import WorkdirError, open_workdir

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYOUTS = sorted((pathlib.Path(__file__).parent / "layouts").glob("*.json"))
UNREAD = ("evaluate", "genotype", "network")  # by a search


def flat(config, prefix=""):
    for name, value in config.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def old_search(layout):
    """The config.json of a search of that version."""
    return {name: value for name, value in json.loads(layout.read_text()).items() if name not in UNREAD}


def load(tmp_path, document, *overrides):
    path = tmp_path / "config.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return parse_config(["program", f"--config={path}", *overrides]).config


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
def test_every_field_that_came_later_is_declared(layout):
    """Fails for a field of ``configs/base.py`` that says nowhere what configs before it stand for."""
    old = json.loads(layout.read_text())
    known = dict(flat(completed(old))) | LATER
    new_methods = set(base().methods) - set(old.get("methods", {}))
    undeclared = [
        name
        for name, _ in flat(base().to_dict())
        if name not in known and not (name.startswith("methods.") and name.split(".")[1] in new_methods)
    ]
    assert not undeclared, f"add to dartsx/catalog/as_before.py: {undeclared}"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
def test_an_old_search_begins_anew_in_another_directory(layout, tmp_path):
    config = load(tmp_path, old_search(layout))
    settings = search_settings(config)
    assert settings.search.remat == json.loads(layout.read_text())["search"]["remat"] or settings.search.remat is None
    assert settings.search.cost.kind is None and settings.population == 1
    assert config.evaluate.remat == base().evaluate.remat  # the search read no such group
    if "diagnosis" not in old_search(layout)["search"]:
        assert settings.search.diagnosis.every is None  # nothing was diagnosed


def test_an_old_evaluation_computes_nothing_again_as_before(tmp_path):
    config = load(tmp_path, json.loads(LAYOUTS[0].read_text()))
    assert config.evaluate.remat == "none" and base().evaluate.remat == ""
    evaluate_settings(config, need_genotype=False)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
def test_an_old_search_goes_on_in_its_directory_with_its_config(layout, tmp_path):
    old = old_search(layout)
    with open_workdir(tmp_path / "run", old, "search"):
        pass
    plain = resolved(load(tmp_path, old), UNREAD)
    with open_workdir(tmp_path / "run", plain, "search", **comparison(plain)) as workdir:
        assert workdir.resumed
    assert json.loads((tmp_path / "run" / "config.json").read_text()) == old


def test_what_is_not_as_before_is_named(tmp_path):
    old = old_search(LAYOUTS[0])
    with open_workdir(tmp_path / "run", old, "search"):
        pass
    plain = resolved(load(tmp_path, old, "--config.search.cost.kind=macs", "--config.methods.oles.steps=3"), UNREAD)
    with pytest.raises(WorkdirError, match="search.cost.kind: '' -> 'macs'") as caught:
        open_workdir(tmp_path / "run", plain, "search", **comparison(plain))
    assert "oles" not in str(caught.value)  # it could decide nothing there


def test_a_field_that_is_gone_names_the_version_that_knows_it(tmp_path):
    old = old_search(LAYOUTS[0])
    old["search"]["unrolled"] = True
    with open_workdir(tmp_path / "run", old, "search"):
        pass
    del old["search"]["unrolled"]
    plain = resolved(load(tmp_path, old), UNREAD)
    with pytest.raises(WorkdirError, match=r"unrolled: True -> absent\nFields absent here .* dartsx .*, revision "):
        open_workdir(tmp_path / "run", plain, "search", **comparison(plain))


def test_configs_of_runs_carry_a_schema_and_later_ones_are_refused(tmp_path):
    plain = resolved(base(), UNREAD)
    assert plain["schema"] == SCHEMA and as_before(plain)["schema"] == SCHEMA
    assert search_settings(load(tmp_path, json.dumps(plain))).seed == 0
    with pytest.raises(SettingsError, match=f"schema {SCHEMA + 1} is of another version; this one reads"):
        load(tmp_path, plain | {"schema": SCHEMA + 1})


def test_a_part_is_completed_by_the_commands_default(tmp_path):
    config = load(tmp_path, {"seed": 4, "search": {"alphas": {"beta1": 0.9}}})
    default = parse_config(["program"]).config
    assert (config.seed, config.search.alphas.beta1) == (4, 0.9)
    assert config.dataset.name == default.dataset.name == "digits"
    assert config.search.diagnosis == default.search.diagnosis and config.evaluate == default.evaluate


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_encodings_of_editors_are_read(encoding, tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes('{"seed": 3}\r\n'.encode(encoding))
    assert parse_config(["program", f"--config={path}"]).config.seed == 3


def test_a_colon_is_a_mark_behind_a_name_or_py_only(tmp_path):
    source = "from configs.base import base\ndef get_config(method=''):\n    return base(method)\n"
    folder = tmp_path / "10:30:00"
    folder.mkdir()
    for name in ("own.py", "own.py:gdas"):
        (folder / name).write_text(source)
    assert parse_config(["program", f"--config={folder / 'own.py'}:pc_darts"]).config.method == "pc_darts"
    (folder / "config.json").write_text('{"seed": 7}')
    assert parse_config(["program", f"--config={folder / 'config.json'}"]).config.seed == 7
    with pytest.raises(SettingsError, match="must be a Python file"):
        parse_config(["program", f"--config={folder / 'own.py:gdas'}"])  # that file exists, and wins
    with pytest.raises(SettingsError, match=r"--config=C:\\run\\config.json: no such file"):
        parse_config(["program", r"--config=C:\run\config.json"])
    assert parse_config(["program", "--config=cifar10:pc_darts+drnas"]).config.method == "pc_darts+drnas"
    with pytest.raises(SettingsError, match="--config=cifar1: no such file; did you mean cifar10"):
        parse_config(["program", "--config=cifar1:gdas"])


def test_names_of_a_checkout_are_told_from_others(tmp_path):
    """Outside a checkout nothing is called ``configs``."""
    (tmp_path / "own.py").write_text("from configs.base import base\n")
    code = f"from dartsx.experiments.settings import load_config; load_config({str(tmp_path / 'own.py')!r})"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    (tmp_path / "dartsx").symlink_to(ROOT / "dartsx")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    told = "own.py: ModuleNotFoundError in the config file: No module named 'configs'; write dartsx.configs"
    assert told in done.stderr


def test_a_field_given_twice_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="'seed' is given twice"):
        load(tmp_path, '{"seed": 1, "seed": 2}')


def test_fuzz_damaged_configs_are_read_or_refused(tmp_path):
    path = tmp_path / "config.json"
    whole, part = json.dumps(resolved(base(), UNREAD)), '{"seed": 1, "search": {"epochs": 3, "cost": {"kind": "macs"}}}'
    for text, count in ((whole, 600), (part, 1400)):
        for damaged in mutations(text.encode(), 0, count):
            path.write_bytes(damaged)
            try:
                config = load_config(str(path), "digits.py")
                search_settings(config)
                assert isinstance(config, ConfigDict)
            except SettingsError:
                continue
